/** Generated from the gateway's OpenAPI document by `npm run sdk:generate`. Do not edit. */

export interface paths {
    "/v1/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List videos
         * @description Newest first: the videos of the user, or, without `X-User-Id`, those of all users of the tenant. `project` and `batch` select the videos of one.
         */
        get: operations["videos.list"];
        put?: never;
        /**
         * Create a video
         * @description Creates a video from a prompt: project, files, turn and export in one call. `assets` may be ids or https addresses, which are imported first. Returns 202 at once. With `Prefer: wait=N` (1 to 60 s), returns 200 as soon as the video has ended, or 202 after N seconds. Requires the scopes `chat` and `render`, and `upload` to import or send files. Tools that cannot send nested JSON can send `asset_urls` and `asset_ids` (text, separated by commas or lines) and `metadata_<key>`. A form may have the same fields and, as multipart, the files.
         */
        post: operations["videos.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/generators/{id}/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a video with a generator
         * @description Same as `POST /v1/videos`, with the generator's prompt. `variables` are inserted into the prompt; in a flat body they are `var_<name>`.
         */
        post: operations["generators.videos.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a video
         * @description With `Prefer: wait=N` or `?wait=N`, returns as soon as the video has ended, or after N seconds.
         */
        get: operations["videos.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete a video
         * @description A video in progress is cancelled first; work that Nemo has already started may still be charged. Its events, its files and the project that was created for it are deleted as soon as no work of the video is running. A project that you created, or that other videos use, is kept with its turns. Uploads are kept.
         */
        delete: operations["videos.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}/turns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Continue a video
         * @description Answers the agent's question or changes a finished or failed video: creates another turn and another export in the same project. A prompt that only asks for an export sends no message to the agent and costs no credits. Supports `Prefer: wait=N`, as when creating a video. A cancelled video cannot be continued.
         */
        post: operations["videos.continue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a video
         * @description A video that has ended is returned unchanged. Work that Nemo has already started may still be charged.
         */
        post: operations["videos.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the file of a video
         * @description Supports a single byte range. HEAD returns the size and the ETag. Fails with `video_not_ready` until the file is available, and with `no_file` if the video ended without one.
         */
        get: operations["videos.content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Download the file of a video
         * @description Supports a single byte range. HEAD returns the size and the ETag. Fails with `video_not_ready` until the file is available, and with `no_file` if the video ended without one.
         */
        head: operations["videos.content_head"];
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a download link for a video
         * @description Returns a signed link that opens the file without a credential, valid for as long as you choose. The resource itself shows one as `download_url`.
         */
        post: operations["videos.link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/videos/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the events of a video
         * @description Returns the video's stages, the complete messages of its turns, timeline changes and the end. Returns the events after the cursor, then follows the video until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream.
         */
        get: operations["videos.events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List projects
         * @description Newest first: the projects of the user, or, without `X-User-Id`, those of all users of the tenant.
         */
        get: operations["projects.list"];
        put?: never;
        /**
         * Create a project
         * @description A project has one conversation and one timeline.
         */
        post: operations["projects.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a project
         * @description Returns the project with a summary of its timeline.
         */
        get: operations["projects.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete a project
         * @description Cancels the project's turns and deletes the videos created in it. Work that Nemo has already started may still be charged. Records and files are deleted as soon as no work of the project is running. Uploads are kept.
         */
        delete: operations["projects.delete"];
        options?: never;
        head?: never;
        /**
         * Update a project
         * @description Changes the name or replaces the metadata. Fields that are not sent keep their values.
         */
        patch: operations["projects.update"];
        trace?: never;
    };
    "/v1/projects/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve the timeline of a project
         * @description `?format=draft` returns Nemo's own JSON, byte for byte. With `If-None-Match`, an unchanged timeline returns 304.
         */
        get: operations["projects.timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/browser_link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a browser link
         * @description Returns a link that opens the project in Nemo's web app. Available only if the Nemo token belongs to this user alone; otherwise the call fails with `browser_link_unavailable`. Anyone with the link can open the project.
         */
        post: operations["projects.browser_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/turns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the turns of a project
         * @description Newest first. With `wait` and `newest`, the call is a long poll: it is answered as soon as the project has a turn that is newer, of any caller (`channel`, `key_id`), or after the time. Follow the events of a turn at its `events_url`.
         */
        get: operations["turns.list"];
        put?: never;
        /**
         * Create a turn
         * @description Sends a prompt to the agent of a project. Returns 202 at once. With `Prefer: wait=N` (1 to 60 s), returns 200 as soon as the turn has ended, or 202 after N seconds. With `Accept: text/event-stream`, returns the turn's event stream, or 202 with the turn if no stream can be opened; then read `events_url`. A repeated call with the same `Idempotency-Key` returns the same turn; its stream resumes after `Last-Event-ID`.
         */
        post: operations["turns.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/turns/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a turn
         * @description With `Prefer: wait=N` or `?wait=N`, returns as soon as the turn has ended, or after N seconds.
         */
        get: operations["turns.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/turns/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a turn
         * @description A queued turn ends as `failed` with the error code `cancelled` and is not charged. A running turn is no longer followed; Nemo may still finish and charge it. A turn that has ended is returned unchanged.
         */
        post: operations["turns.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/turns/{id}/stream_ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a stream ticket
         * @description Returns a URL that streams the turn's events without a credential, for EventSource. It must first be used within 10 minutes and expires 10 minutes after the turn has ended.
         */
        post: operations["turns.stream_ticket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/turns/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the events of a turn
         * @description Returns the events after the cursor, then follows the turn until it ends. `Accept: application/json` returns a page instead. `Last-Event-ID` takes precedence over `?after=`. A stream closes after about 240 seconds; resume it with `Last-Event-ID`. If too many streams are open, the response contains only a `retry:` field. HEAD opens no stream. Events are kept for 24 hours after the turn has ended, then the call fails with `events_expired`.
         */
        get: operations["turns.events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List uploads
         * @description Newest first: the uploads of the user, or, without `X-User-Id`, those of all users of the tenant. With `status`, a page may have fewer items than `limit` although there are more.
         */
        get: operations["uploads.list"];
        put?: never;
        /**
         * Create an upload
         * @description Accepts JSON; tus 1.0.0 (`Tus-Resumable`) or the IETF draft, interop versions 8 and 9 (`Upload-Complete`), each optionally with the first bytes; or a form with up to 20 files, which returns `{data: […]}` with one upload per file.
         */
        post: operations["uploads.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve an upload
         * @description The response carries the headers of tus and of the IETF draft. HEAD, and GET with a draft version, end another request that is still sending bytes, so that the offset is final.
         */
        get: operations["uploads.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete an upload
         * @description Ends an open upload or a running import and deletes its bytes. A completed upload fails with `upload_closed`.
         */
        delete: operations["uploads.delete"];
        options?: never;
        /**
         * Retrieve an upload
         * @description The response carries the headers of tus and of the IETF draft. HEAD, and GET with a draft version, end another request that is still sending bytes, so that the offset is final.
         */
        head: operations["uploads.retrieve_head"];
        /**
         * Append to an upload
         * @description Appends bytes at `Upload-Offset`. Accepts tus 1.0.0 (`Tus-Resumable`) or the IETF draft, interop versions 8 and 9 (`Upload-Complete`). A newer request ends an older one that is still sending. A wrong offset fails with `offset_mismatch`.
         */
        patch: operations["uploads.append"];
        trace?: never;
    };
    "/v1/uploads/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Upload the content of a file
         * @description The body is the whole file, with exactly `size_bytes` bytes. `Content-Length` is required. A different length fails with `size_mismatch`.
         */
        put: operations["uploads.content"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a file
         * @description Downloads a file from an https address in the background. `offset_bytes` shows the progress. The import ends with `upload.completed`, or with `upload.failed` and the reason in `error`. At most three imports of a user run at once; the others wait in order. Delete the upload to cancel the import.
         */
        post: operations["uploads.import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List assets
         * @description Returns the assets of the user, newest first.
         */
        get: operations["assets.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve an asset
         * @description Returns the asset with a new download link.
         */
        get: operations["assets.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete an asset
         * @description Deletes the asset, its file and every link to it. Copies that Nemo already has in a project stay there. The asset can no longer be attached; a project that waits for it continues without it. A repeated call returns 204 for 30 days.
         */
        delete: operations["assets.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Attach an asset to a project
         * @description Sends the file to Nemo, where the project's next turns can use it. A repeated call returns the existing attachment; a failed one is tried again.
         */
        post: operations["assets.attach"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/renders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the renders of a project
         * @description Newest first.
         */
        get: operations["projects.renders"];
        put?: never;
        /**
         * Create a render
         * @description Exports the project's timeline to a file. If the unchanged timeline was exported before, the render reuses that file, unless `reuse` is false. With `dry_run`, nothing is exported.
         */
        post: operations["renders.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/renders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List renders
         * @description Newest first: the renders of the user, or, without `X-User-Id`, those of all users of the tenant.
         */
        get: operations["renders.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/renders/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a render
         * @description The render ends as `failed` with the error code `cancelled`. A render that has ended, or whose file is being copied, is returned unchanged.
         */
        post: operations["renders.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/renders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a render
         * @description Returns the render with its progress and, once it has completed, its file and a new download link.
         */
        get: operations["renders.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/renders/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the file of a render
         * @description Supports a single byte range. HEAD returns the size and the ETag. Fails with `render_not_ready` until the file is available.
         */
        get: operations["renders.content"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Download the file of a render
         * @description Supports a single byte range. HEAD returns the size and the ETag. Fails with `render_not_ready` until the file is available.
         */
        head: operations["renders.content_head"];
        patch?: never;
        trace?: never;
    };
    "/v1/renders/{id}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a download link for a render
         * @description Returns a signed link that opens the file without a credential, valid for as long as you choose. The resource itself shows one as `download_url`.
         */
        post: operations["renders.link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/f/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the file of a signed link
         * @description Requires no credential; the link itself grants access, from any origin. The file is sent as an attachment, or inline with `?inline`. Expired links fail with `link_expired`, and show a page in a browser.
         */
        get: operations["files.download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Download the file of a signed link
         * @description Requires no credential; the link itself grants access, from any origin. The file is sent as an attachment, or inline with `?inline`. Expired links fail with `link_expired`, and show a page in a browser.
         */
        head: operations["files.download_head"];
        patch?: never;
        trace?: never;
    };
    "/f/{token}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the file of a signed link by name
         * @description Same as `/f/{token}`. The name is ignored; it is for clients that take the file name from the URL.
         */
        get: operations["files.download_named"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        /**
         * Download the file of a signed link by name
         * @description Same as `/f/{token}`. The name is ignored; it is for clients that take the file name from the URL.
         */
        head: operations["files.download_named_head"];
        patch?: never;
        trace?: never;
    };
    "/v1/generators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List generators
         * @description Returns your own generators, newest first, then the built-in ones.
         */
        get: operations["generators.list"];
        put?: never;
        /**
         * Create a generator
         * @description The generator is available to all users of the tenant at once, by its id or its slug.
         */
        post: operations["generators.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/generators/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a generator
         * @description Returns the current version, or the version given as `?version=`.
         */
        get: operations["generators.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete a generator
         * @description Videos created with it are kept. Built-in generators cannot be deleted.
         */
        delete: operations["generators.delete"];
        options?: never;
        head?: never;
        /**
         * Update a generator
         * @description Fields that are not sent keep their values. Each update creates a new version. With `If-Match`, the update fails with `version_conflict` unless the ETag names the current version. Built-in generators cannot be updated.
         */
        patch: operations["generators.update"];
        trace?: never;
    };
    "/v1/generators/make": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a generator from a description
         * @description Starts a job in which the agent writes the generator. The job sends one message, which is charged like any turn and is never sent again. If the answer cannot be used, the description itself becomes the prompt (`made_by: fallback`).
         */
        post: operations["generators.make"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/generator_jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a generator job
         * @description `generator_id` is set when the job has completed.
         */
        get: operations["generator_jobs.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List batches
         * @description Returns the batches of the user, newest first.
         */
        get: operations["batches.list"];
        put?: never;
        /**
         * Create a batch
         * @description Creates up to 500 videos in one call. Each item becomes a video with its own export; at most `concurrency` videos run at once. A failed item does not stop the others. One `batch.completed` event is sent when all items have ended. Requires the scopes `chat` and `render`.
         */
        post: operations["batches.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a batch
         * @description Returns the batch with the number of its items in each status and the credits spent so far.
         */
        get: operations["batches.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/videos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the items of a batch
         * @description Returns the items in the order of the request. `video` is null until the item is started.
         */
        get: operations["batches.videos"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a batch
         * @description Starts no further items. Videos in progress are finished. Fails with `batch_ended` if the batch has ended.
         */
        post: operations["batches.pause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a batch
         * @description Continues a paused batch with its next queued item. Fails with `batch_ended` if the batch has ended.
         */
        post: operations["batches.resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a batch
         * @description Starts no further items and cancels the videos in progress. Work that Nemo has already started may still be charged. A batch that has ended is returned unchanged.
         */
        post: operations["batches.cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event
         * @description Sends the latest event of the type, or a made-up one if there is none, with a new id. The test event is not in the list of events.
         */
        post: operations["webhook_endpoints.test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a webhook endpoint
         * @description Returns the endpoint without its signing secret.
         */
        get: operations["webhook_endpoints.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete a webhook endpoint
         * @description No further event is sent to it.
         */
        delete: operations["webhook_endpoints.delete"];
        options?: never;
        head?: never;
        /**
         * Update a webhook endpoint
         * @description Fields that are not sent keep their values. `state: disabled` also fails the endpoint's pending deliveries; send them later with `recover`.
         */
        patch: operations["webhook_endpoints.update"];
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enable a webhook endpoint
         * @description Only new events are sent. Send missed events with `recover`.
         */
        post: operations["webhook_endpoints.enable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Recover missed events
         * @description Sends every event of the endpoint's types since `since` that was not delivered to it, including events from the time when it was disabled.
         */
        post: operations["webhook_endpoints.recover"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhook endpoints
         * @description Returns all endpoints of this mode on one page.
         */
        get: operations["webhook_endpoints.list"];
        put?: never;
        /**
         * Create a webhook endpoint
         * @description The signing secret is returned once: a repeated call with the same `Idempotency-Key` returns the endpoint without it.
         */
        post: operations["webhook_endpoints.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve the public keys of a webhook endpoint
         * @description Returns the Ed25519 keys of the endpoint's `v1a` signatures as a JWK set. After a rotation, the previous key is included for 24 hours.
         */
        get: operations["webhook_endpoints.jwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show the default secret
         * @description Returns the secret that signs the messages to hooks and to `callback_url`, the first time it is requested. Afterwards the call fails with `secret_shown`: rotate the secret to get a new one.
         */
        post: operations["webhook_secret.show"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the default secret
         * @description The new secret is returned once: a repeated call with the same `Idempotency-Key` returns without it. For 24 hours, webhooks are signed with both the new and the previous secret.
         */
        post: operations["webhook_secret.rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the secret of a webhook endpoint
         * @description The new secret is returned once: a repeated call with the same `Idempotency-Key` returns without it. For 24 hours, webhooks are signed with both the new and the previous secret.
         */
        post: operations["webhook_endpoints.rotate_secret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List hooks
         * @description Returns all hooks of this mode on one page.
         */
        get: operations["hooks.list"];
        put?: never;
        /**
         * Create a hook
         * @description Subscribes an address to one event type. A repeated call with the same address and event returns the existing hook and enables it. Bodies are flat and signed with the default secret. A 410 response from the address deletes the hook; five days of failures disable it.
         */
        post: operations["hooks.create"];
        /**
         * Delete the hooks of an address
         * @description Deletes all hooks of `?target_url=`, or only the one for `?event=`.
         */
        delete: operations["hooks.delete_address"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sample bodies of an event type
         * @description Returns the last three events of this type as hooks receive them, newest first. If there are none, returns one made-up sample.
         */
        get: operations["hooks.samples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event to a hook
         * @description Sends the latest event of the hook's type, or a made-up one if there is none, with a new id. The test event is not in the list of events.
         */
        post: operations["hooks.test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete a hook
         * @description No further event is sent to it.
         */
        delete: operations["hooks.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events
         * @description Oldest first. To continue, pass `next_cursor` as `?after=`. A user token sees the events of its own user.
         */
        get: operations["events.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve an event
         * @description Returns the event as it was sent, with a new download link if it has a file.
         */
        get: operations["events.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description Newest first. `?state=failed` returns the dead letters, `?target_id=` the deliveries to one endpoint or hook.
         */
        get: operations["deliveries.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a delivery
         * @description Returns the delivery with the log of its attempts.
         */
        get: operations["deliveries.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a delivery
         * @description Sends the delivery again at once, whatever its state, and restarts the retry schedule. An attempt that is running is the first of the new schedule. Fails with `endpoint_disabled` if its target is disabled or was deleted.
         */
        post: operations["deliveries.retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List users
         * @description Returns all users for whom something was created, newest first. Deleted users are not listed.
         */
        get: operations["users.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve a user
         * @description A deleted user is returned for 30 days, with the receipt of the deletion.
         */
        get: operations["users.retrieve"];
        put?: never;
        post?: never;
        /**
         * Delete a user
         * @description Starts a job that deletes the user's records, files, events and deliveries. From now on and for 30 days, reads return 404 and writes fail with `user_deleted`. A turn that Nemo is working on may still be charged. A repeated call returns the same job.
         */
        delete: operations["users.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a user token
         * @description Returns a short-lived token with which a phone or a browser acts as this user. The token has at most the scopes of the key that creates it. It expires at `expires_at`, when that key is revoked, or when the user is signed out.
         */
        post: operations["users.tokens.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{id}/sign_out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out a user
         * @description Revokes all tokens and stream tickets of this user. New ones can be created at once.
         */
        post: operations["users.sign_out"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Returns the keys of this mode, newest first.
         */
        get: operations["keys.list"];
        put?: never;
        /**
         * Create an API key
         * @description The new key has the mode of the calling key and at most its scopes and lifetime; otherwise the call fails with `key_too_wide`. The secret is returned once: a repeated call with the same `Idempotency-Key` returns the key without it.
         */
        post: operations["keys.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve an API key
         * @description Returns the key without its secret.
         */
        get: operations["keys.retrieve"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description The key is revoked immediately. Other locations may cache it for up to 60 seconds for reads and 5 seconds for writes. Revoking the last key that can create keys fails with `last_key` unless `?force=true` is sent.
         */
        delete: operations["keys.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate an API key
         * @description Creates a new key with the same name, scopes and expiry. The old key stays valid for `grace_seconds`; until then, responses to it carry `Deprecation` and `Sunset` headers. The secret is returned once.
         */
        post: operations["keys.rotate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit_log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List audit log entries
         * @description Newest first. Each entry is written together with its action and is never changed or removed. Returns the entries of this mode and those that apply to both modes.
         */
        get: operations["audit_log.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve the current credential
         * @description Returns the tenant, user, mode and scopes of the key or token, with its limits and quotas.
         */
        get: operations["me.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List usage by day, user or key
         * @description Returns counts of turns, credits, renders, bytes and deliveries in this mode. Each item is counted once, on the UTC day on which it ended. Counts are kept for 400 days. Deleting a user removes the user's row; the totals by day and by key do not change.
         */
        get: operations["usage.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/credits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve the credit balance
         * @description Returns the balance of the Nemo account that `X-User-Id` uses, or that the tenant uses if no user is named.
         */
        get: operations["credits.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nemo_token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Retrieve the Nemo token's status
         * @description The token itself is never returned.
         */
        get: operations["nemo_token.retrieve"];
        /**
         * Set the Nemo token
         * @description Stores the token of a user or of the tenant and replaces an earlier one. The token is first checked with Nemo; a rejected token is not stored. In test mode, only users have tokens, and a token must start with `nmv_usr_sandbox_`.
         */
        put: operations["nemo_token.set"];
        post?: never;
        /**
         * Delete the Nemo token
         * @description From then on, the next available token is used: the tenant's, the operator's, or an anonymous one.
         */
        delete: operations["nemo_token.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check the health of the gateway
         * @description The result is cached for one second.
         */
        get: operations["health.retrieve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "turn.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.turn.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "turn.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.turn.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "turn.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.failed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.turn.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "turn.failed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.failed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.turn.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "turn.unknown": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.unknown, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.turn.unknown"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "turn.unknown.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * turn.unknown, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.turn.unknown"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "timeline.changed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * timeline.changed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.timeline.changed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "timeline.changed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * timeline.changed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.timeline.changed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.upload.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.upload.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.expired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.expired, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.upload.expired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.expired.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.expired, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.upload.expired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.failed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.upload.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "upload.failed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * upload.failed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.upload.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "asset.ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * asset.ready, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.asset.ready"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "asset.ready.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * asset.ready, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.asset.ready"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "asset.rejected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * asset.rejected, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.asset.rejected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "asset.rejected.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * asset.rejected, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.asset.rejected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "render.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * render.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.render.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "render.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * render.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.render.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "render.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * render.failed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.render.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "render.failed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * render.failed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.render.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.video.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.video.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.failed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.video.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.failed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.failed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.video.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.cancelled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.cancelled, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.video.cancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.cancelled.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.cancelled, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.video.cancelled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.needs_input": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.needs_input, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.video.needs_input"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "video.needs_input.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * video.needs_input, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.video.needs_input"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * batch.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.batch.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "batch.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * batch.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.batch.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "generator_job.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * generator_job.completed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.generator_job.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "generator_job.completed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * generator_job.completed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.generator_job.completed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "generator_job.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * generator_job.failed, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.generator_job.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "generator_job.failed.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * generator_job.failed, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.generator_job.failed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.low": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.low, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.credits.low"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.low.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.low, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.credits.low"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.exhausted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.exhausted, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.credits.exhausted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.exhausted.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.exhausted, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.credits.exhausted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.cap_reached": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.cap_reached, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.credits.cap_reached"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credits.cap_reached.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * credits.cap_reached, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.credits.cap_reached"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "token.expiring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * token.expiring, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.token.expiring"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "token.expiring.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * token.expiring, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.token.expiring"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "endpoint.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * endpoint.disabled, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.endpoint.disabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "endpoint.disabled.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * endpoint.disabled, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.endpoint.disabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "hook.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * hook.disabled, nested
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["webhook.hook.disabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "hook.disabled.flat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * hook.disabled, flat
         * @description Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.
         */
        post: operations["hook.hook.disabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        ActionEvent: {
            /** @constant */
            type: "action";
            /** @enum {string} */
            action: "timeline" | "render" | "credits" | "turn" | "upload";
            /** @enum {string} */
            method: "GET" | "POST";
            path: string;
        };
        Asset: {
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            status: components["schemas"]["AssetStatus"];
            filename: string;
            kind: components["schemas"]["AssetKind"];
            content_type: string;
            /**
             * @description Downloads the file without a credential; with `?inline` it is played in the browser. Null until the file is available and after it was deleted.
             * @example https://gateway.example/f/…
             */
            download_url: string | null;
            /** @description When `download_url` expires. Retrieve the resource again for a new link. */
            download_url_expires_at: string | null;
            size_bytes: number;
            /** @description Null if unknown, and for images. */
            duration_ms: number | null;
            /** @description In pixels. Null if unknown, and for audio. */
            width: number | null;
            height: number | null;
            sha256: string | null;
            /** @description Why the asset was rejected. */
            error: components["schemas"]["Failure"] | null;
            metadata: components["schemas"]["Metadata"];
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        };
        /** @enum {string} */
        AssetKind: "video" | "image" | "audio";
        AssetPage: {
            data: components["schemas"]["Asset"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        AssetReadyHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "asset.ready";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            asset_id: string;
            status: components["schemas"]["AssetStatus"];
            filename: string;
            kind: components["schemas"]["AssetKind"];
            content_type: string;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            sha256: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        AssetReadyWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "asset.ready";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Asset"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        AssetRejectedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "asset.rejected";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            asset_id: string;
            status: components["schemas"]["AssetStatus"];
            filename: string;
            kind: components["schemas"]["AssetKind"];
            content_type: string;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            sha256: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        AssetRejectedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "asset.rejected";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Asset"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @enum {string} */
        AssetStatus: "ready" | "rejected";
        Attachment: {
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            asset_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            /** @enum {string} */
            status: "pending" | "attached" | "failed";
            error: components["schemas"]["Failure"] | null;
        };
        /**
         * @description Identifies your app to Nemo. A null part gets a default.
         * @example {
         *       "source": "my-app",
         *       "version": "2.1",
         *       "platform": "ios"
         *     }
         */
        Attribution: {
            /** @default null */
            source?: string | null;
            /** @default null */
            version?: string | null;
            /** @default null */
            platform?: string | null;
        };
        /** @enum {string} */
        AuditAction: "tenant.created" | "tenant.changed" | "tenant.paused" | "tenant.resumed" | "tenant.deleted" | "key.created" | "key.rotated" | "key.revoked" | "invite.created" | "invite.revoked" | "user.signed_out" | "user.deleted" | "nemo_token.set" | "nemo_token.removed";
        AuditEntry: {
            /** @example aud_01jd8m3k5xq2w4v7z9ab */
            id: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            happened_at: string;
            /**
             * @description `admin`, or the id of the key or invite that made the request.
             * @example admin
             */
            actor: string;
            action: components["schemas"]["AuditAction"];
            /** @description The id of the changed resource. A user is given by its hash, with which the ids of all its resources end. */
            target: string;
            /** @description Null if the action applies to both modes. */
            mode: components["schemas"]["Mode"] | null;
            request_id: string;
            /** @description The values that were set. Never contains a secret. */
            detail: {
                [key: string]: unknown;
            };
        };
        AuditEntryPage: {
            data: components["schemas"]["AuditEntry"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        Batch: {
            /** @example bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            status: components["schemas"]["BatchStatus"];
            mode: components["schemas"]["BatchMode"];
            concurrency: number;
            counts: {
                total: number;
                queued: number;
                running: number;
                completed: number;
                failed: number;
                needs_input: number;
                cancelled: number;
            };
            generator: components["schemas"]["UsedGenerator"] | null;
            /** @description The project of `one_project`; null otherwise. */
            project_id: string | null;
            /** @description The sum over all turns so far. */
            credits: components["schemas"]["Spent"];
            metadata: components["schemas"]["Metadata"];
            status_url: string;
            videos_url: string;
            /** @description Seconds to wait before the next poll; null once ended. */
            poll_after_seconds: number | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        BatchCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "batch.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            batch_id: string;
            status: components["schemas"]["BatchStatus"];
            batch_mode: components["schemas"]["BatchMode"];
            total: number;
            completed: number;
            failed: number;
            needs_input: number;
            cancelled: number;
            project_id: string | null;
            generator: string | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"];
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        BatchCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "batch.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Batch"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        BatchItem: {
            /** @description The item's index in `items`, from 0. */
            index: number;
            status: components["schemas"]["VideoStatus"];
            /** @description Null until the item is started. */
            video: components["schemas"]["Video"] | null;
        };
        BatchItemPage: {
            data: components["schemas"]["BatchItem"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @enum {string} */
        BatchMode: "one_project" | "own_projects";
        BatchPage: {
            data: components["schemas"]["Batch"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @enum {string} */
        BatchStatus: "processing" | "paused" | "completed" | "cancelled";
        BrowserLink: {
            url: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        };
        /**
         * @description A hard cap also rejects new paid work until the end of the month.
         * @enum {string}
         */
        CapKind: "soft" | "hard";
        /**
         * @description Whose cap it is: the account's, or that of each user.
         * @enum {string}
         */
        CapScope: "tenant" | "user";
        ChangedPosition: {
            start_ms: number | null;
            /** @description The segment's position in the track, from 1. */
            position: number;
        };
        ChangedSegment: {
            start_ms: number | null;
            duration_ms: number | null;
            /** @description From 0 to 1. */
            volume: number | null;
            text: string | null;
        };
        ChangedSpan: {
            start_ms: number | null;
            duration_ms: number | null;
        };
        ChangedTimeline: {
            /** @constant */
            type: "timeline.changed";
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            summary: string;
            /** @description The changes in one line, in the caller's language. */
            line: string;
            /** @description Null if the previous timeline is unknown. */
            diff: components["schemas"]["TimelineDiff"] | null;
        };
        ChangedTrack: {
            start_ms: number | null;
            duration_ms: number | null;
            /** @description From 0 to 1. */
            volume: number | null;
            text: string | null;
            segments: number;
        };
        /** @enum {string} */
        Charged: "yes" | "no" | "unknown";
        ConnectedApp: {
            /** @description The host that publishes the app's description. Null for an app that registered itself. */
            host: string | null;
            /**
             * @description The host, or the scheme, to which the app's access was sent.
             * @example claude.ai
             */
            redirect_host: string;
            /** @description The end of the ids of the user that the app acts for. Null: it acts as an API key alone. */
            user_hash: string | null;
            /** @description The key or invite with which a person approved it, and with which it ends. */
            approved_by: string;
        };
        /** @description What such an order cost lately, in credits. Not a quote. */
        Cost: {
            /**
             * @description `measured`: from your own completed orders of the same type. `published`: Nemo's approximate figures (50 for an editing session, 100 for a generated clip, exports free), because there are no such orders yet.
             * @enum {string}
             */
            basis: "measured" | "published";
            /** @description Null for published figures. */
            median: number | null;
            min: number;
            max: number;
            /** @description How many orders were measured: at most the newest 100 of the last 90 days. */
            orders: number;
            /** @description When the oldest of them ended. */
            since: string | null;
        };
        /** @enum {string} */
        CostBasis: "measured" | "estimated" | "unknown";
        CreatedKey: {
            /** @example key_01jd8m3k5xq2w4v7z9ab */
            id: string;
            name: string;
            mode: components["schemas"]["Mode"];
            scopes: components["schemas"]["Scope"][];
            /**
             * @description The first characters of the key, to identify it. Empty for a connected app, which has no key.
             * @example ngw_test_4f9a
             */
            hint: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            expires_at: string | null;
            /** @description The last day, in UTC, on which the key was used. */
            last_used_on: string | null;
            /** @description When the key was rotated. `revoked_at` is then the end of the grace period. */
            rotated_at: string | null;
            /** @description The key that this one replaced in a rotation. */
            replaces: string | null;
            /** @description When the key stops working. In the future during the grace period of a rotation. */
            revoked_at: string | null;
            /** @description For a session of the console: the key or invite that it was opened with, and ends with. */
            session_of: (string) | null;
            /** @description For the access of an app that was connected by OAuth. Revoking it disconnects the app. */
            app: components["schemas"]["ConnectedApp"] | null;
            /**
             * @description The API key. Returned once.
             * @example ngw_test_…
             */
            secret?: string;
            /**
             * @description Set instead of `secret` in the response to a repeated `Idempotency-Key`.
             * @constant
             */
            secret_shown_once?: true;
        };
        CreatedWebhookEndpoint: {
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            id: string;
            url: string;
            types: (components["schemas"]["EventType"] | "*")[];
            state: components["schemas"]["TargetState"];
            /** @description `you`: disabled by request. `gone`: the endpoint returned 410. `failing`: deliveries failed for five days. */
            disabled_by: components["schemas"]["DisabledBy"] | null;
            disabled_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /** @example whsec_… */
            secret?: string;
            /** @constant */
            secret_shown_once?: true;
        };
        /** @description By the `basis` of the amount, as in a turn. `unknown_turns`: turns whose cost is unknown. */
        CreditSums: {
            measured: number;
            estimated: number;
            unknown_turns: number;
        };
        Credits: {
            available: number;
            frozen: number;
            total: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            read_at: string;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        CreditsCapReachedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.cap_reached";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            scope: components["schemas"]["CapScope"];
            cap: components["schemas"]["CapKind"];
            limit: number;
            /** @description Credits spent in the month, measured and estimated. */
            used: number;
            uh: string | null;
            /** @example 2026-11 */
            month: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            resets_at: string;
        } & {
            [key: string]: unknown;
        };
        CreditsCapReachedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.cap_reached";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["ReachedCap"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        CreditsExhaustedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.exhausted";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            available: number | null;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            register_url: string | null;
        } & {
            [key: string]: unknown;
        };
        CreditsExhaustedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.exhausted";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["CreditsLeft"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        CreditsLeft: {
            available: number | null;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            register_url?: string;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        CreditsLowHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.low";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            available: number | null;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            register_url: string | null;
        } & {
            [key: string]: unknown;
        };
        CreditsLowWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "credits.low";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["CreditsLeft"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        Delivery: {
            /** @example dlv_01jd8m3k5xq2w4v7z9ab */
            id: string;
            /** @example evt_01jd8m3k5xq2w4v7z9ab */
            event_id: string;
            event_type: components["schemas"]["EventType"];
            target: components["schemas"]["DeliveryTarget"];
            state: components["schemas"]["DeliveryState"];
            /** @description The number of attempts started so far. */
            attempts: number;
            last_status: number | null;
            /** @description The first 1,000 bytes of the receiver's last response, or why there was none. */
            last_answer: string | null;
            /** @description When the next attempt is due; null once ended. */
            due_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        };
        /** @description Ended deliveries. A delivery that was retried after its end is counted again. */
        DeliveryCounts: {
            delivered: number;
            failed: number;
        };
        DeliveryPage: {
            data: components["schemas"]["Delivery"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @description `failed`: a dead letter, not retried automatically.
         * @enum {string}
         */
        DeliveryState: "pending" | "delivered" | "failed";
        DeliveryTarget: {
            /** @constant */
            kind: "endpoint";
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            id: string;
        } | {
            /** @constant */
            kind: "callback";
            url: string;
        } | {
            /** @constant */
            kind: "hook";
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            id: string;
        };
        /** @enum {string} */
        DisabledBy: "you" | "gone" | "failing";
        /** @description Each label of the resource follows as `metadata_<key>`. */
        EndpointDisabledHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "endpoint.disabled";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            endpoint_id: string;
            url: string;
            types: string;
            state: components["schemas"]["TargetState"];
            disabled_by: components["schemas"]["DisabledBy"] | null;
            disabled_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        EndpointDisabledWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "endpoint.disabled";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["WebhookEndpoint"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        Event: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            type: components["schemas"]["EventType"];
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            /** @description The resource, as its own route returns it. */
            data: {
                [key: string]: unknown;
            };
        };
        /** @description Oldest first. */
        EventPage: {
            data: components["schemas"]["Event"][];
            has_more: boolean;
            next_cursor: number;
        };
        /** @enum {string} */
        EventType: "turn.completed" | "turn.failed" | "turn.unknown" | "timeline.changed" | "upload.completed" | "upload.expired" | "upload.failed" | "asset.ready" | "asset.rejected" | "render.completed" | "render.failed" | "video.completed" | "video.failed" | "video.cancelled" | "video.needs_input" | "batch.completed" | "generator_job.completed" | "generator_job.failed" | "credits.low" | "credits.exhausted" | "credits.cap_reached" | "token.expiring" | "endpoint.disabled" | "hook.disabled";
        ExpectedSeconds: {
            min: number;
            max: number;
        };
        Failure: {
            code: string;
            title: string;
            detail: string;
            retryable: boolean;
            register_url?: string;
            hint?: string;
        };
        /** @enum {string} */
        FileFormat: "mp4" | "mov" | "avi" | "webm" | "mkv" | "jpg" | "png" | "gif" | "webp" | "mp3" | "wav" | "m4a" | "aac";
        /** @description The flat fields of the JSON body, as text. */
        FormFields: {
            [key: string]: string;
        };
        FormFiles: {
            file?: string[];
        } & {
            [key: string]: unknown;
        };
        Generator: {
            name: string;
            description: string;
            /**
             * @description Null for a user token.
             * @example make a clip
             */
            prompt: string | null;
            variables: components["schemas"]["Variable"][];
            accepts: components["schemas"]["FileFormat"][];
            needs_file: boolean;
            output: components["schemas"]["GeneratorOutput"];
            language: string | null;
            attribution: components["schemas"]["Attribution"];
            greeting: string | null;
            try_saying: string[];
            tips: string[];
            expected_seconds: components["schemas"]["ExpectedSeconds"] | null;
            /** @description For a built-in generator, its slug. */
            id: string;
            /** @example product-promo */
            slug: string;
            /** @description Starts at 1 and increases with each update. */
            version: number;
            /** @enum {string} */
            made_by: "built_in" | "tenant" | "agent" | "fallback";
            created_at: string | null;
            updated_at: string | null;
        };
        GeneratorJob: {
            /** @example gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            status: components["schemas"]["GeneratorJobStatus"];
            description: string;
            /** @description The new generator; null until the job has completed. */
            generator_id: string | null;
            slug: string | null;
            /** @description `agent`: the agent wrote the generator. `fallback`: its answer could not be used and the description is the prompt. */
            made_by: components["schemas"]["GeneratorJobMadeBy"] | null;
            /** @description Why the agent's answer could not be used. */
            fault: string | null;
            project_id: string | null;
            turn_id: string | null;
            /** @description Null until the job's turn has ended. */
            charged: components["schemas"]["Charged"] | null;
            credits: components["schemas"]["Spent"] | null;
            error: components["schemas"]["Failure"] | null;
            status_url: string;
            /** @description Seconds to wait before the next poll; null once ended. */
            poll_after_seconds: number | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        GeneratorJobCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "generator_job.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            generator_job_id: string;
            status: components["schemas"]["GeneratorJobStatus"];
            description: string;
            generator_id: string | null;
            slug: string | null;
            made_by: components["schemas"]["GeneratorJobMadeBy"] | null;
            fault: string | null;
            project_id: string | null;
            turn_id: string | null;
            charged: components["schemas"]["Charged"] | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        GeneratorJobCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "generator_job.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["GeneratorJob"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        GeneratorJobFailedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "generator_job.failed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            generator_job_id: string;
            status: components["schemas"]["GeneratorJobStatus"];
            description: string;
            generator_id: string | null;
            slug: string | null;
            made_by: components["schemas"]["GeneratorJobMadeBy"] | null;
            fault: string | null;
            project_id: string | null;
            turn_id: string | null;
            charged: components["schemas"]["Charged"] | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        GeneratorJobFailedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "generator_job.failed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["GeneratorJob"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @enum {string} */
        GeneratorJobMadeBy: "agent" | "fallback";
        /** @enum {string} */
        GeneratorJobStatus: "running" | "completed" | "failed";
        GeneratorOutput: {
            /**
             * @default mp4
             * @constant
             */
            format?: "mp4";
            /**
             * @default high
             * @constant
             */
            quality?: "high";
        };
        GeneratorPage: {
            data: components["schemas"]["Generator"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        GeneratorPatch: {
            name?: string;
            description?: string;
            /** @example make a {{seconds}}-second promo video about {{product}} */
            prompt?: string;
            variables?: components["schemas"]["Variable"][];
            accepts?: components["schemas"]["FileFormat"][];
            needs_file?: boolean;
            output?: components["schemas"]["GeneratorOutput"];
            language?: string | null;
            attribution?: components["schemas"]["Attribution"];
            greeting?: string | null;
            try_saying?: string[];
            tips?: string[];
            expected_seconds?: components["schemas"]["ExpectedSeconds"] | null;
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "failing";
            /** @enum {string} */
            database: "reachable" | "unreachable";
            /** @description The setting that the operator must change before the gateway serves requests; null if there is none. */
            problem: string | null;
            /** @description How long the oldest job is overdue; null if no job is overdue. */
            oldest_overdue_seconds: number | null;
        };
        Hook: {
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            id: string;
            target_url: string;
            event: components["schemas"]["EventType"];
            /** @description `disabled`: deliveries failed for five days. Create the hook again to enable it. */
            state: components["schemas"]["TargetState"];
            disabled_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        };
        /**
         * @description An event as a flat object: `id`, `type`, `occurred_at`, `mode`, `sequence`, `stale`, the fields of its resource, and `metadata_<key>` for each label. All events of a type have the same keys. Lists are joined with commas. `download_url` downloads the file without a credential until `download_url_expires_at`.
         * @example {
         *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
         *       "type": "render.completed",
         *       "occurred_at": "2026-11-21T10:00:00.000Z",
         *       "status": "completed",
         *       "download_url": "https://gateway.example/f/…",
         *       "metadata_order": "1234"
         *     }
         */
        HookBody: {
            [key: string]: string | number | boolean | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        HookDisabledHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "hook.disabled";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            hook_id: string;
            target_url: string;
            event: components["schemas"]["EventType"];
            /** @description `disabled`: deliveries failed for five days. Create the hook again to enable it. */
            state: components["schemas"]["TargetState"];
            disabled_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        HookDisabledWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "hook.disabled";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Hook"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        HookPage: {
            data: components["schemas"]["Hook"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        Jwks: {
            keys: {
                /** @constant */
                kty: "OKP";
                /** @constant */
                crv: "Ed25519";
                x: string;
                /** @constant */
                use: "sig";
                /** @constant */
                alg: "EdDSA";
                kid: string;
            }[];
        };
        Key: {
            /** @example key_01jd8m3k5xq2w4v7z9ab */
            id: string;
            name: string;
            mode: components["schemas"]["Mode"];
            scopes: components["schemas"]["Scope"][];
            /**
             * @description The first characters of the key, to identify it. Empty for a connected app, which has no key.
             * @example ngw_test_4f9a
             */
            hint: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            expires_at: string | null;
            /** @description The last day, in UTC, on which the key was used. */
            last_used_on: string | null;
            /** @description When the key was rotated. `revoked_at` is then the end of the grace period. */
            rotated_at: string | null;
            /** @description The key that this one replaced in a rotation. */
            replaces: string | null;
            /** @description When the key stops working. In the future during the grace period of a rotation. */
            revoked_at: string | null;
            /** @description For a session of the console: the key or invite that it was opened with, and ends with. */
            session_of: (string) | null;
            /** @description For the access of an app that was connected by OAuth. Revoking it disconnects the app. */
            app: components["schemas"]["ConnectedApp"] | null;
        };
        KeyPage: {
            data: components["schemas"]["Key"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        KeyRotation: {
            /**
             * @description How long the old key stays valid, in seconds. 0 revokes it at once.
             * @example 3600
             */
            grace_seconds: number;
        };
        Link: {
            /**
             * @description Downloads the file without a credential; with `?inline` it is played in the browser.
             * @example https://gateway.example/f/…
             */
            download_url: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            download_url_expires_at: string;
            /**
             * @description The same address as `download_url`.
             * @example https://gateway.example/f/…
             */
            url: string;
        };
        ListedProject: components["schemas"]["Project"] & components["schemas"]["WithUser"];
        ListedProjectPage: {
            data: components["schemas"]["ListedProject"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        ListedRender: components["schemas"]["Render"] & components["schemas"]["WithUser"];
        ListedRenderPage: {
            data: components["schemas"]["ListedRender"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        ListedUpload: components["schemas"]["Upload"] & components["schemas"]["WithUser"];
        ListedUploadPage: {
            data: components["schemas"]["ListedUpload"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        ListedVideo: components["schemas"]["Video"] & components["schemas"]["WithUser"];
        ListedVideoPage: {
            data: components["schemas"]["ListedVideo"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        LoggedDelivery: {
            /** @example dlv_01jd8m3k5xq2w4v7z9ab */
            id: string;
            /** @example evt_01jd8m3k5xq2w4v7z9ab */
            event_id: string;
            event_type: components["schemas"]["EventType"];
            target: components["schemas"]["DeliveryTarget"];
            state: components["schemas"]["DeliveryState"];
            /** @description The number of attempts started so far. */
            attempts: number;
            last_status: number | null;
            /** @description The first 1,000 bytes of the receiver's last response, or why there was none. */
            last_answer: string | null;
            /** @description When the next attempt is due; null once ended. */
            due_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
            log: {
                attempt: number;
                /**
                 * Format: date-time
                 * @example 2026-11-21T10:00:00.000Z
                 */
                at: string;
                took_ms: number;
                status: number | null;
                error: string | null;
                /** @description The first 1,000 bytes of the response. */
                answer: string;
            }[];
        };
        Me: {
            /** @description Null for a user token. */
            tenant: {
                /** @example ten_01jd8m3k5xq2w4v7z9ab */
                id: string;
                name: string;
            } | null;
            user: string | null;
            mode: components["schemas"]["Mode"];
            scopes: components["schemas"]["Scope"][];
            limits: {
                upload_bytes: number;
                request_bytes: number;
                prompt_bytes: number;
                formats: string[];
                chunk_advice_bytes: number;
            };
            /** @description The quotas by name: of the named user, or of the account if no user is named. A user can use at most a third of the account's quota, and at most half of what the other users leave. */
            quotas: {
                [key: string]: {
                    limit: number;
                    remaining: number;
                    /** @description Seconds until the quota resets. Null for a quota of concurrent items. */
                    resets_in_seconds: number | null;
                };
            };
            /** @description Null for a user token if the Nemo token in use does not belong to this user. */
            nemo_token: components["schemas"]["NemoToken"] | null;
            /** @description The latest event cursor; pass it to `GET /v1/events?after=`. Null for a user token. */
            events_cursor: number | null;
        };
        MessageEvent: {
            /** @constant */
            type: "message";
            /** @description The number of the message in the turn, from 1. */
            message: number;
            /** @description If `partial`, a chunk to append to the message; otherwise the complete message, which replaces the chunks. */
            text: string;
            partial: boolean;
        };
        /**
         * @description Your own labels, returned unchanged in responses and webhooks.
         * @example {
         *       "order": "1234"
         *     }
         */
        Metadata: {
            [key: string]: string;
        };
        /** @enum {string} */
        Mode: "live" | "test";
        NemoToken: {
            source: components["schemas"]["TokenSource"];
            state: components["schemas"]["TokenState"];
            /** @description When the token expires; null if unknown. */
            expires_at: string | null;
            next_try_at: string | null;
        };
        NewAttachment: {
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            asset_id: string;
        };
        NewBatch: {
            items: components["schemas"]["NewBatchItem"][];
            /** @description The id or slug of a generator. Each item then has `variables` instead of `prompt`. */
            generator?: string;
            /**
             * @description `own_projects`: each video has its own project. `one_project`: the videos are created one after the other on one timeline, each with its own export.
             * @default own_projects
             */
            mode?: components["schemas"]["BatchMode"];
            /**
             * @description The number of videos that run at once. `one_project` runs one at a time.
             * @default 4
             */
            concurrency?: number;
            /**
             * @description The project to use with `one_project`. Defaults to a new project.
             * @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv
             */
            project?: string;
            /** @example en */
            language?: string;
            /**
             * @default {
             *       "format": "mp4",
             *       "quality": "high"
             *     }
             */
            output?: components["schemas"]["NewOutput"];
            /**
             * @description What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.
             * @default wait
             * @example wait
             */
            on_question?: "fail" | "wait" | string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
        };
        NewBatchItem: {
            /**
             * @description Required unless the batch names a generator.
             * @example turn this video into a new short promotional clip with music and transitions
             */
            prompt?: string;
            /**
             * @description Values of the generator's variables.
             * @example {
             *       "product": "a coffee mug",
             *       "seconds": 30
             *     }
             */
            variables?: {
                [key: string]: string | number | boolean;
            };
            assets?: (string)[];
            /** @example en */
            language?: string;
            /** @description Defaults to the value of the batch. */
            on_question?: "fail" | "wait" | string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewGenerator: {
            name: string;
            /** @default  */
            description?: string;
            /** @example make a {{seconds}}-second promo video about {{product}} */
            prompt: string;
            /** @default [] */
            variables?: components["schemas"]["Variable"][];
            /**
             * @description The file formats that it accepts, preferred formats first.
             * @default [
             *       "mp4",
             *       "mov",
             *       "avi",
             *       "webm",
             *       "mkv",
             *       "jpg",
             *       "png",
             *       "gif",
             *       "webp",
             *       "mp3",
             *       "wav",
             *       "m4a",
             *       "aac"
             *     ]
             */
            accepts?: components["schemas"]["FileFormat"][];
            /**
             * @description True if at least one file is required.
             * @default false
             */
            needs_file?: boolean;
            /**
             * @default {
             *       "format": "mp4",
             *       "quality": "high"
             *     }
             */
            output?: components["schemas"]["GeneratorOutput"];
            /** @default null */
            language?: string | null;
            /**
             * @default {
             *       "source": null,
             *       "version": null,
             *       "platform": null
             *     }
             */
            attribution?: components["schemas"]["Attribution"];
            /** @default null */
            greeting?: string | null;
            /** @default [] */
            try_saying?: string[];
            /** @default [] */
            tips?: string[];
            /** @default null */
            expected_seconds?: components["schemas"]["ExpectedSeconds"] | null;
            /**
             * @description Derived from the name if it is not sent.
             * @example product-promo
             */
            slug?: string;
        };
        NewGeneratorJob: {
            /** @example create a generator that turns product photos into promo videos with music and captions */
            description: string;
            /** @description Chosen by the agent if it is not sent. */
            name?: string;
            /**
             * @description Derived from the name if it is not sent.
             * @example product-promo
             */
            slug?: string;
            /** @example en */
            language?: string;
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
        };
        NewGeneratorVideo: {
            /**
             * @description Values of the generator's variables, by name.
             * @default {}
             * @example {
             *       "product": "a coffee mug",
             *       "seconds": 30
             *     }
             */
            variables?: {
                [key: string]: string | number | boolean;
            };
            assets?: (string)[];
            /**
             * @description The project to use. Defaults to a new project.
             * @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv
             */
            project?: string;
            /** @example en */
            language?: string;
            /**
             * @default {
             *       "format": "mp4",
             *       "quality": "high"
             *     }
             */
            output?: components["schemas"]["NewOutput"];
            /**
             * @description What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.
             * @default wait
             * @example wait
             */
            on_question?: "fail" | "wait" | string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
            /**
             * @description Validate the request and return the plan; create nothing.
             * @default false
             */
            dry_run?: boolean;
            /**
             * @description Without an `Idempotency-Key`, an identical request within 60 seconds returns the first video. False disables this.
             * @default true
             */
            dedupe?: boolean;
        };
        NewHook: {
            /**
             * Format: uri
             * @example https://example.com/hooks/nemo
             */
            target_url: string;
            event: components["schemas"]["EventType"];
        };
        NewImport: {
            /**
             * Format: uri
             * @description The https address of the file, without user info. It is never returned, and deleted when the import has ended.
             * @example https://example.com/clip.mp4
             */
            url: string;
            /**
             * @description Defaults to the name given by the server or by the address.
             * @example clip.mp4
             */
            file_name?: string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewKey: {
            name?: string;
            mode?: components["schemas"]["Mode"];
            scopes?: components["schemas"]["Scope"][];
            expires_at?: string | null;
        };
        NewLink: {
            /** @default 86400 */
            expires_in_seconds?: number;
        };
        NewNemoToken: {
            /** @description `user`: the user named by `X-User-Id`. `tenant`: all users without a token of their own. */
            for: components["schemas"]["TokenOwner"];
            /**
             * Format: password
             * @example nmv_usr_sandbox_0123456789abcdef
             */
            token: string;
            /**
             * @description When the token expires, if known. A `token.expiring` event is sent a day before.
             * @example null
             */
            expires_at?: string | null;
        };
        NewOutput: {
            /** @default mp4 */
            format?: string;
            /** @default high */
            quality?: string;
        };
        NewProject: {
            name?: string;
            /** @example en */
            language?: string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewRender: {
            /**
             * @default {
             *       "format": "mp4",
             *       "quality": "high"
             *     }
             */
            output?: components["schemas"]["NewOutput"];
            /**
             * @description Reuse the file of an earlier render if the timeline has not changed.
             * @default true
             */
            reuse?: boolean;
            /**
             * @description Return the plan; export nothing.
             * @default false
             */
            dry_run?: boolean;
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewTest: {
            /** @description Defaults to the endpoint's first type. */
            type?: components["schemas"]["EventType"];
        };
        NewTurn: {
            /** @example turn this video into a new short promotional clip with music and transitions */
            prompt: string;
            /**
             * @description `auto`: a prompt that is only a command (export, credits, status, upload) is answered by the gateway, without a message to Nemo. `chat`: the prompt is always sent to Nemo.
             * @default auto
             * @enum {string}
             */
            route?: "auto" | "chat";
            /**
             * @description `auto`: safe actions that the agent suggests are performed, such as a render of this project. `suggest`: they are only reported as `action` events.
             * @default suggest
             * @enum {string}
             */
            act?: "suggest" | "auto";
            /** @example en */
            language?: string;
            /**
             * @description If Nemo has lost the project's session. `fail`: the turn fails. `restart`: the turn continues in a new session; the timeline is lost.
             * @default fail
             * @enum {string}
             */
            on_session_loss?: "fail" | "restart";
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewUpload: {
            /** @example clip.mp4 */
            filename: string;
            /** @description The size of the file in bytes, at most 500000000. */
            size_bytes: number;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
        };
        NewUserToken: {
            /**
             * @description Defaults to all of these scopes that the key has.
             * @example [
             *       "read",
             *       "chat"
             *     ]
             */
            scopes?: components["schemas"]["UserScope"][];
            /** @default 3600 */
            expires_in_seconds?: number;
        };
        NewVideo: {
            /** @example turn this video into a new short promotional clip with music and transitions */
            prompt: string;
            assets?: (string)[];
            /**
             * @description The project to use. Defaults to a new project.
             * @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv
             */
            project?: string;
            /** @example en */
            language?: string;
            /**
             * @default {
             *       "format": "mp4",
             *       "quality": "high"
             *     }
             */
            output?: components["schemas"]["NewOutput"];
            /**
             * @description What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.
             * @default wait
             * @example wait
             */
            on_question?: "fail" | "wait" | string;
            /** @default {} */
            metadata?: components["schemas"]["Metadata"];
            /**
             * Format: uri
             * @description An https address that receives the final event as a webhook, signed with the default secret (`POST /v1/webhook_secret` shows it once).
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
            /**
             * @description Validate the request and return the plan; create nothing.
             * @default false
             */
            dry_run?: boolean;
            /**
             * @description Without an `Idempotency-Key`, an identical request within 60 seconds returns the first video. False disables this.
             * @default true
             */
            dedupe?: boolean;
        };
        NewVideoTurn: {
            /** @example turn this video into a new short promotional clip with music and transitions */
            prompt: string;
            /**
             * Format: uri
             * @description An https address that receives the video's next end, and later ones, in place of the `callback_url` it had. Defaults to that one.
             * @example https://example.com/hooks/nemo
             */
            callback_url?: string;
        };
        NewWebhookEndpoint: {
            /**
             * Format: uri
             * @example https://example.com/hooks/nemo
             */
            url: string;
            /**
             * @default [
             *       "*"
             *     ]
             */
            types?: (components["schemas"]["EventType"] | "*")[];
        };
        Output: {
            format: string;
            quality: string;
        };
        /** @description An error (RFC 9457). */
        Problem: {
            /** @example https://nemo-gateway.dev/errors/not_found */
            type: string;
            /** @description A short message for the end user, at most 60 characters. */
            title: string;
            status: number;
            /** @description What happened and what to do next, for the developer. */
            detail: string;
            /**
             * @description The error code: one of those in PROTOCOL.md section 3 and at `/docs/errors`.
             * @example not_found
             */
            code: string;
            request_id: string;
            retryable: boolean;
            charged?: components["schemas"]["Charged"];
            /** @description A request that can resolve the error. */
            hint?: string;
            errors?: {
                field: string;
                message: string;
            }[];
            register_url?: string;
            /** @description For `no_file`: the error of the video or render. */
            error?: components["schemas"]["Failure"];
            /** @description For a wrong offset: the current offset of the upload. */
            "expected-offset"?: number;
            "provided-offset"?: number;
        };
        ProgressEvent: {
            /** @constant */
            type: "progress";
            /** @enum {string} */
            stage: "preparing" | "working" | "generating" | "editing" | "settling" | "rendering";
            elapsed_ms: number;
        };
        Project: {
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            name: string;
            language: string | null;
            /** @description The timeline in one line, after the last settled turn. */
            summary: string | null;
            metadata: components["schemas"]["Metadata"];
            turns_url: string;
            timeline_url: string;
            renders_url: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        };
        ProjectPatch: {
            name?: string;
            /**
             * @description Replaces all metadata.
             * @example {
             *       "order": "7"
             *     }
             */
            metadata?: components["schemas"]["Metadata"];
        };
        /**
         * @description `caller`: sent in the request. `generator`: built from a generator and its variables. `generator_job`: asks the agent to write a generator.
         * @enum {string}
         */
        PromptSource: "caller" | "generator" | "generator_job";
        ReachedCap: {
            scope: components["schemas"]["CapScope"];
            cap: components["schemas"]["CapKind"];
            limit: number;
            /** @description Credits spent in the month, measured and estimated. */
            used: number;
            /** @description The user's hash; null for the account's cap. */
            uh: string | null;
            /** @example 2026-11 */
            month: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            resets_at: string;
        };
        Recovery: {
            /**
             * Format: date-time
             * @example 2026-11-21T11:00:00+01:00
             */
            since: string;
        };
        Render: {
            /** @example rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["RenderStatus"];
            /** @description The current step; null when no work is left. `late`: reported as failed, but still polled in case the file arrives. */
            stage: ("queued" | "submitting" | "waiting" | "rendering" | "copying" | "late") | null;
            progress: number;
            output: components["schemas"]["Output"];
            /** @description The stored file; null until it is available. */
            file: {
                size_bytes: number;
                etag: string;
                content_type: string;
                sha256: string | null;
                duration_ms: number | null;
                width: number | null;
                height: number | null;
                /** @example h264 */
                codec: string | null;
                /**
                 * Format: date-time
                 * @description When the file is deleted.
                 * @example 2026-11-21T10:00:00.000Z
                 */
                expires_at: string;
            } | null;
            /**
             * @description Downloads the file without a credential; with `?inline` it is played in the browser. Null until the file is available and after it was deleted.
             * @example https://gateway.example/f/…
             */
            download_url: string | null;
            /** @description When `download_url` expires. Retrieve the resource again for a new link. */
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            /** @description Downloads the file with a credential. Null until the file is available and after it was deleted. */
            content_url: string | null;
            /** @description The render whose file this one reuses. */
            reused_from: string | null;
            warnings: {
                /** @enum {string} */
                code: "duration_differs" | "dimensions_differ" | "file_not_inspected";
                detail: string;
            }[];
            /** @description Earlier Nemo jobs of this render that failed. */
            attempts: {
                submitted_at: string | null;
                /**
                 * Format: date-time
                 * @example 2026-11-21T10:00:00.000Z
                 */
                ended_at: string;
                detail: string;
            }[];
            error: components["schemas"]["Failure"] | null;
            metadata: components["schemas"]["Metadata"];
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /** @description When the gateway next polls Nemo. */
            next_check_at: string | null;
            ended_at: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        RenderCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "render.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            render_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["RenderStatus"];
            reused_from: string | null;
            format: string;
            quality: string;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            codec: string | null;
            sha256: string | null;
            warnings: string;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        RenderCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "render.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Render"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description A render that reuses an earlier file is not counted. */
        RenderCounts: {
            completed: number;
            failed: number;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        RenderFailedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "render.failed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            render_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["RenderStatus"];
            reused_from: string | null;
            format: string;
            quality: string;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            codec: string | null;
            sha256: string | null;
            warnings: string;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        RenderFailedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "render.failed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Render"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        RenderPage: {
            data: components["schemas"]["Render"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        RenderPlan: {
            /** @constant */
            dry_run: true;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            summary: string;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            output: components["schemas"]["Output"];
            /** @description The render whose file would be reused; null if a new file would be exported. */
            reuses: string | null;
            cost: components["schemas"]["Cost"];
        };
        /** @enum {string} */
        RenderStatus: "queued" | "processing" | "copying" | "completed" | "failed";
        RotatedSecret: {
            /** @example whsec_… */
            secret?: string;
            /** @constant */
            secret_shown_once?: true;
            /** @description Until then, webhooks are also signed with the previous secret. Null if there was none. */
            previous_until: string | null;
        };
        /** @enum {string} */
        Scope: "read" | "chat" | "upload" | "render" | "webhooks" | "keys";
        SessionReplacedEvent: {
            /** @constant */
            type: "project.session_replaced";
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
        };
        SignedOut: {
            user_id: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            signed_out_at: string;
        };
        /** @description Credits spent. `basis`: how the amount is known. */
        Spent: {
            amount: number | null;
            basis: components["schemas"]["CostBasis"];
        };
        /** @description Open `url` with EventSource. It can be opened again after a disconnect. */
        StreamTicket: {
            url: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            first_use_by: string;
        };
        /** @enum {string} */
        TargetState: "enabled" | "disabled";
        Timeline: {
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            /** @example Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s) */
            summary: string;
            exportable: boolean;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            tracks: components["schemas"]["TimelineTrack"][];
        };
        TimelineChange: {
            /** @constant */
            kind: "track_added";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: null;
            after: components["schemas"]["ChangedTrack"];
        } | {
            /** @constant */
            kind: "track_removed";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: components["schemas"]["ChangedTrack"];
            after: null;
        } | {
            /** @constant */
            kind: "track_moved";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: number;
            after: number;
        } | {
            /** @constant */
            kind: "segment_added";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: null;
            after: components["schemas"]["ChangedSegment"];
        } | {
            /** @constant */
            kind: "segment_removed";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: components["schemas"]["ChangedSegment"];
            after: null;
        } | {
            /** @constant */
            kind: "segment_trimmed";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: components["schemas"]["ChangedSpan"];
            after: components["schemas"]["ChangedSpan"];
        } | {
            /** @constant */
            kind: "segment_moved";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: components["schemas"]["ChangedPosition"];
            after: components["schemas"]["ChangedPosition"];
        } | {
            /** @constant */
            kind: "text_changed";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            before: string | null;
            after: string | null;
        } | {
            /** @constant */
            kind: "volume_changed";
            track_kind: components["schemas"]["TrackKind"];
            /** @description The track's number, from 1. For a removed track or segment, the number before the change. */
            track_number: number;
            label: string;
            /** @description From 0 to 1. */
            before: number | null;
            /** @description From 0 to 1. */
            after: number | null;
        } | {
            /** @constant */
            kind: "duration_changed";
            before: number | null;
            after: number | null;
        };
        TimelineChangedEvent: {
            /** @constant */
            type: "timeline.changed";
            summary: string;
            /** @description The changes in one line, in the caller's language. */
            line: string;
            /** @description Null if the previous timeline is unknown. */
            diff: components["schemas"]["TimelineDiff"] | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        TimelineChangedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "timeline.changed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            summary: string;
            /** @description The changes in one line, in the caller's language. */
            line: string;
        } & {
            [key: string]: unknown;
        };
        TimelineChangedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "timeline.changed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["ChangedTimeline"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        TimelineDiff: {
            /** @description At most 20 changes. */
            changes: components["schemas"]["TimelineChange"][];
            /** @description The number of further changes of each kind. */
            more: {
                /** @enum {string} */
                kind: "track_added" | "track_removed" | "track_moved" | "segment_added" | "segment_removed" | "segment_trimmed" | "segment_moved" | "text_changed" | "volume_changed" | "duration_changed";
                count: number;
            }[];
        };
        /** @description Nemo's own draft of the timeline. */
        TimelineDraft: {
            [key: string]: unknown;
        };
        TimelineSegment: {
            label: string;
            start_ms: number | null;
            duration_ms: number | null;
            /** @description From 0 to 1. */
            volume: number | null;
            text: string | null;
        };
        TimelineTrack: {
            kind: components["schemas"]["TrackKind"];
            segments: components["schemas"]["TimelineSegment"][];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        TokenExpiringHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "token.expiring";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            source: components["schemas"]["TokenSource"];
            state: components["schemas"]["TokenState"];
            expires_at: string | null;
        } & {
            [key: string]: unknown;
        };
        TokenExpiringWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "token.expiring";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["NemoToken"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @enum {string} */
        TokenOwner: "user" | "tenant";
        /**
         * @description The owner of the token in use: the user's own token if there is one, else the tenant's, the operator's or an anonymous one.
         * @enum {string}
         */
        TokenSource: "user" | "tenant" | "operator" | "anonymous" | "sandbox" | "none";
        /**
         * @description `expiring`: it expires within a day. `rejected`: it has expired or Nemo rejected it. `rationed`: Nemo issues no anonymous token before `next_try_at`.
         * @enum {string}
         */
        TokenState: "ready" | "expiring" | "rejected" | "rationed" | "none";
        /** @enum {string} */
        TrackKind: "video" | "audio" | "text" | "other";
        Turn: {
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["TurnStatus"];
            intent: components["schemas"]["TurnIntent"];
            /** @description Null for a user token if the prompt was built from a generator. */
            prompt: string | null;
            prompt_source: components["schemas"]["PromptSource"];
            /** @description How it was requested: with an API key, with a user token, in the console, over MCP, or by a video, batch or generator job (`workflow`). Null for turns from before this was recorded. */
            channel: components["schemas"]["TurnChannel"] | null;
            /** @description The API key that requested it, or that issued the user token. Null for a user token. */
            key_id: string | null;
            /** @description The agent's messages, joined by blank lines. */
            text: string | null;
            /** @description False while the turn is running, and if the stream ended early. */
            text_complete: boolean;
            /** @description Null until the turn has ended. */
            charged: components["schemas"]["Charged"] | null;
            credits: components["schemas"]["Spent"] | null;
            timeline: {
                changed: boolean;
                summary: string;
            } | null;
            /** @description The evidence for the final status: the end of the stream, the timeline and the credit balance. */
            evidence: {
                /** @enum {string} */
                stream: "none" | "closed" | "error" | "cut" | "lost" | "cancelled";
                /** @enum {string} */
                timeline: "unread" | "unchanged" | "changed";
                /** @enum {string} */
                balance: "unread" | "equal" | "lower" | "shared";
            } | null;
            error: components["schemas"]["Failure"] | null;
            language: string | null;
            metadata: components["schemas"]["Metadata"];
            render_ids: string[];
            events_url: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            sent_at: string | null;
            ended_at: string | null;
        };
        /** @enum {string} */
        TurnChannel: "api" | "user_token" | "console" | "mcp" | "workflow";
        TurnCompletedEvent: {
            /** @constant */
            type: "turn.completed";
            turn: components["schemas"]["Turn"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        TurnCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["TurnStatus"];
            intent: components["schemas"]["TurnIntent"];
            prompt: string | null;
            channel: components["schemas"]["TurnChannel"] | null;
            key_id: string | null;
            text: string | null;
            /** @description False while the turn is running, and if the stream ended early. */
            text_complete: boolean;
            charged: components["schemas"]["Charged"] | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            timeline_changed: boolean | null;
            timeline_summary: string | null;
            render_ids: string;
            language: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        TurnCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Turn"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        TurnCounts: {
            completed: number;
            failed: number;
            unknown: number;
        };
        TurnEvent: components["schemas"]["TurnStartedEvent"] | components["schemas"]["TurnQueuedEvent"] | components["schemas"]["MessageEvent"] | components["schemas"]["ActionEvent"] | components["schemas"]["ProgressEvent"] | components["schemas"]["TimelineChangedEvent"] | components["schemas"]["SessionReplacedEvent"] | components["schemas"]["TurnCompletedEvent"] | components["schemas"]["TurnFailedEvent"] | components["schemas"]["TurnUnknownEvent"];
        TurnEventEntry: {
            id: number;
            event: components["schemas"]["TurnEvent"];
        };
        TurnEventPage: {
            data: components["schemas"]["TurnEventEntry"][];
            next_after: number;
            ended: boolean;
        };
        TurnFailedEvent: {
            /** @constant */
            type: "turn.failed";
            turn: components["schemas"]["Turn"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        TurnFailedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.failed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["TurnStatus"];
            intent: components["schemas"]["TurnIntent"];
            prompt: string | null;
            channel: components["schemas"]["TurnChannel"] | null;
            key_id: string | null;
            text: string | null;
            /** @description False while the turn is running, and if the stream ended early. */
            text_complete: boolean;
            charged: components["schemas"]["Charged"] | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            timeline_changed: boolean | null;
            timeline_summary: string | null;
            render_ids: string;
            language: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        TurnFailedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.failed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Turn"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /**
         * @description How the prompt was interpreted. All values except `chat` were answered by the gateway, without a message to Nemo.
         * @enum {string}
         */
        TurnIntent: "chat" | "export" | "credits" | "state" | "upload";
        TurnPage: {
            data: components["schemas"]["Turn"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        TurnQueuedEvent: {
            /** @constant */
            type: "turn.queued";
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            position: number;
            /** @description The time by which the project's running turn has ended; null if none is running. */
            ahead_ends_by?: string | null;
        };
        TurnStartedEvent: {
            /** @constant */
            type: "turn.started";
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            events_url: string;
        };
        /** @enum {string} */
        TurnStatus: "queued" | "running" | "settling" | "completed" | "failed" | "unknown";
        TurnUnknownEvent: {
            /** @constant */
            type: "turn.unknown";
            turn: components["schemas"]["Turn"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        TurnUnknownHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.unknown";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            turn_id: string;
            /** @example prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            project_id: string;
            status: components["schemas"]["TurnStatus"];
            intent: components["schemas"]["TurnIntent"];
            prompt: string | null;
            channel: components["schemas"]["TurnChannel"] | null;
            key_id: string | null;
            text: string | null;
            /** @description False while the turn is running, and if the stream ended early. */
            text_complete: boolean;
            charged: components["schemas"]["Charged"] | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            timeline_changed: boolean | null;
            timeline_summary: string | null;
            render_ids: string;
            language: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        TurnUnknownWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "turn.unknown";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Turn"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        Upload: {
            /** @example upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            status: components["schemas"]["UploadStatus"];
            /**
             * @description `sent`: the caller sends the bytes. `import`: the gateway downloads them.
             * @enum {string}
             */
            source: "sent" | "import";
            filename: string;
            /** @description Null until the size is known. */
            size_bytes: number | null;
            /** @description The number of bytes stored. */
            offset_bytes: number;
            /** @description Null until the whole file has been analysed, moments after its last byte. If the file store does not return the file, the analysis is retried for five and a half hours; then the asset is `rejected`. */
            asset_id: string | null;
            error: components["schemas"]["Failure"] | null;
            /** @description For tus concatenation: `partial` is a part of a file, `final` the file joined from its parts. Null for any other upload. */
            concat: ("partial" | "final") | null;
            /** @description `PUT` the whole file here in one request, with a credential. */
            content_url: string;
            metadata: components["schemas"]["Metadata"];
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        UploadCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            upload_id: string;
            status: components["schemas"]["UploadStatus"];
            filename: string;
            size_bytes: number | null;
            asset_id: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        UploadCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Upload"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        UploadExpiredHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.expired";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            upload_id: string;
            status: components["schemas"]["UploadStatus"];
            filename: string;
            size_bytes: number | null;
            asset_id: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        UploadExpiredWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.expired";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Upload"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        UploadFailedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.failed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            upload_id: string;
            status: components["schemas"]["UploadStatus"];
            filename: string;
            size_bytes: number | null;
            asset_id: string | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        } & {
            [key: string]: unknown;
        };
        UploadFailedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "upload.failed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Upload"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        UploadList: {
            data: components["schemas"]["Upload"][];
        };
        /** @enum {string} */
        UploadStatus: "open" | "completed" | "expired" | "failed";
        UsageOfDay: {
            turns: components["schemas"]["TurnCounts"];
            credits: components["schemas"]["CreditSums"];
            renders: components["schemas"]["RenderCounts"];
            /** @description The size of completed uploads. */
            upload_bytes: number;
            /** @description The size of the files of completed renders. */
            render_bytes: number;
            deliveries: components["schemas"]["DeliveryCounts"];
            /**
             * Format: date
             * @example 2026-11-21
             */
            day: string;
        };
        UsageOfKey: {
            turns: components["schemas"]["TurnCounts"];
            credits: components["schemas"]["CreditSums"];
            renders: components["schemas"]["RenderCounts"];
            /** @description The size of completed uploads. */
            upload_bytes: number;
            /** @description The size of the files of completed renders. */
            render_bytes: number;
            deliveries: components["schemas"]["DeliveryCounts"];
            /** @description Null: the key is unknown. */
            key: string | null;
        };
        UsageOfUser: {
            turns: components["schemas"]["TurnCounts"];
            credits: components["schemas"]["CreditSums"];
            renders: components["schemas"]["RenderCounts"];
            /** @description The size of completed uploads. */
            upload_bytes: number;
            /** @description The size of the files of completed renders. */
            render_bytes: number;
            deliveries: components["schemas"]["DeliveryCounts"];
            /** @description The user's hash, with which the ids of its resources end. Null: no user was named. */
            uh: string | null;
            /** @description Your own id of the user; null if unknown. */
            user: string | null;
        };
        /** @description By day: newest first. By user or key: totals over the period, in order of id. */
        UsagePage: {
            data: (components["schemas"]["UsageOfDay"] | components["schemas"]["UsageOfUser"] | components["schemas"]["UsageOfKey"])[];
            has_more: boolean;
            next_cursor: string | null;
            /**
             * Format: date
             * @example 2026-11-21
             */
            from: string;
            /**
             * Format: date
             * @example 2026-11-21
             */
            to: string;
        };
        UsedGenerator: {
            id: string;
            slug: string;
            version: number;
        };
        User: {
            /** @description Your own id of the user. */
            id: string;
            /** @enum {string} */
            state: "active" | "deleting" | "deleted";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            /** @description The deletion job and its receipt, kept for 30 days. Null for an active user. */
            deletion: {
                /**
                 * Format: date-time
                 * @example 2026-11-21T10:00:00.000Z
                 */
                requested_at: string;
                completed_at: string | null;
                /** @description The number of deleted items of each kind. */
                removed: {
                    projects: number;
                    turns: number;
                    assets: number;
                    renders: number;
                    videos: number;
                    files: number;
                    file_bytes: number;
                    events: number;
                    deliveries: number;
                };
                /** @description The turns that Nemo was working on: their number, their cost, and the number of turns whose cost is unknown. */
                settled: {
                    turns: number;
                    credits: number;
                    unknown_turns: number;
                };
            } | null;
        };
        UserPage: {
            data: components["schemas"]["User"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @enum {string} */
        UserScope: "read" | "chat" | "upload" | "render";
        UserToken: {
            /**
             * @description The token. Send it as `Authorization: Bearer <token>`.
             * @example eyJ…
             */
            token: string;
            user_id: string;
            scopes: components["schemas"]["UserScope"][];
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            expires_at: string;
        };
        Variable: {
            name: string;
            /** @enum {string} */
            type: "text" | "number" | "boolean" | "choice";
            /** @default null */
            description?: string | null;
            /**
             * @description The value used if none is sent. Null: the variable is required.
             * @default null
             */
            default?: (string | number | boolean) | null;
            /** @description The allowed values of a `choice`. */
            choices?: string[];
            /** @description The minimum of a `number`. */
            min?: number;
            /** @description The maximum of a `number`. */
            max?: number;
        };
        Video: {
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            status: components["schemas"]["VideoStatus"];
            /** @description The current step; once ended, the last step reached. */
            stage: components["schemas"]["VideoStage"];
            progress: number;
            /** @description Time since the video was created or continued, until it ended. */
            elapsed_ms: number;
            /** @description Null for a user token if the prompt was built from a generator. */
            prompt: string | null;
            prompt_source: components["schemas"]["PromptSource"];
            /** @description The agent's last message. With `needs_input`, its question. */
            message: string | null;
            generator: components["schemas"]["UsedGenerator"] | null;
            batch_id: string | null;
            project_id: string | null;
            turn_id: string | null;
            render_id: string | null;
            asset_ids: string[];
            /** @description Null until a turn of the video has ended. */
            charged: components["schemas"]["Charged"] | null;
            credits: components["schemas"]["Spent"] | null;
            error: components["schemas"]["Failure"] | null;
            metadata: components["schemas"]["Metadata"];
            status_url: string;
            events_url: string;
            /**
             * @description Downloads the file without a credential; with `?inline` it is played in the browser. Null until the file is available and after it was deleted.
             * @example https://gateway.example/f/…
             */
            download_url: string | null;
            /** @description When `download_url` expires. Retrieve the resource again for a new link. */
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            /** @description Downloads the file with a credential; 409 until the file is available. */
            content_url: string;
            cancel_url: string;
            /** @description Seconds to wait before the next poll; null once ended. */
            poll_after_seconds: number | null;
            /** @description Estimated seconds until the end; null once ended. */
            estimated_seconds: number | null;
            /**
             * @description True if an identical request created this video within the last 60 seconds.
             * @constant
             */
            deduplicated?: true;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        };
        VideoCancelledEvent: {
            /** @constant */
            type: "video.cancelled";
            video: components["schemas"]["Video"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        VideoCancelledHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.cancelled";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            video_id: string;
            status: components["schemas"]["VideoStatus"];
            /** @description The current step; once ended, the last step reached. */
            stage: components["schemas"]["VideoStage"];
            prompt: string | null;
            message: string | null;
            project_id: string | null;
            turn_id: string | null;
            render_id: string | null;
            asset_ids: string;
            charged: components["schemas"]["Charged"] | null;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            generator: string | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        VideoCancelledWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.cancelled";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Video"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        VideoCompletedEvent: {
            /** @constant */
            type: "video.completed";
            video: components["schemas"]["Video"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        VideoCompletedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.completed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            video_id: string;
            status: components["schemas"]["VideoStatus"];
            /** @description The current step; once ended, the last step reached. */
            stage: components["schemas"]["VideoStage"];
            prompt: string | null;
            message: string | null;
            project_id: string | null;
            turn_id: string | null;
            render_id: string | null;
            asset_ids: string;
            charged: components["schemas"]["Charged"] | null;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            generator: string | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        VideoCompletedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.completed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Video"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        VideoEvent: components["schemas"]["VideoStartedEvent"] | components["schemas"]["VideoImportEvent"] | components["schemas"]["VideoStageEvent"] | components["schemas"]["MessageEvent"] | components["schemas"]["ActionEvent"] | components["schemas"]["ProgressEvent"] | components["schemas"]["TimelineChangedEvent"] | components["schemas"]["SessionReplacedEvent"] | components["schemas"]["VideoCompletedEvent"] | components["schemas"]["VideoFailedEvent"] | components["schemas"]["VideoCancelledEvent"] | components["schemas"]["VideoNeedsInputEvent"];
        VideoEventEntry: {
            id: number;
            event: components["schemas"]["VideoEvent"];
        };
        VideoEventPage: {
            data: components["schemas"]["VideoEventEntry"][];
            next_after: number;
            ended: boolean;
        };
        VideoFailedEvent: {
            /** @constant */
            type: "video.failed";
            video: components["schemas"]["Video"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        VideoFailedHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.failed";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            video_id: string;
            status: components["schemas"]["VideoStatus"];
            /** @description The current step; once ended, the last step reached. */
            stage: components["schemas"]["VideoStage"];
            prompt: string | null;
            message: string | null;
            project_id: string | null;
            turn_id: string | null;
            render_id: string | null;
            asset_ids: string;
            charged: components["schemas"]["Charged"] | null;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            generator: string | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        VideoFailedWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.failed";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Video"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        VideoImportEvent: {
            /** @constant */
            type: "video.import";
            /** @enum {string} */
            status: "started" | "stored";
            /** @example upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            upload_id: string;
            /** @example ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            asset_id: string;
        };
        VideoNeedsInputEvent: {
            /** @constant */
            type: "video.needs_input";
            video: components["schemas"]["Video"];
        };
        /** @description Each label of the resource follows as `metadata_<key>`. */
        VideoNeedsInputHookBody: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.needs_input";
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            occurred_at: string;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            stale: boolean;
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            video_id: string;
            status: components["schemas"]["VideoStatus"];
            /** @description The current step; once ended, the last step reached. */
            stage: components["schemas"]["VideoStage"];
            prompt: string | null;
            message: string | null;
            project_id: string | null;
            turn_id: string | null;
            render_id: string | null;
            asset_ids: string;
            charged: components["schemas"]["Charged"] | null;
            download_url: string | null;
            download_url_expires_at: string | null;
            size_bytes: number | null;
            duration_ms: number | null;
            width: number | null;
            height: number | null;
            generator: string | null;
            credits_amount: number | null;
            credits_basis: components["schemas"]["CostBasis"] | null;
            error_code: string | null;
            error_title: string | null;
            error_detail: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
            ended_at: string | null;
        } & {
            [key: string]: unknown;
        };
        VideoNeedsInputWebhook: {
            /**
             * @description Derived from the event's content: the same event always has the same id.
             * @example evt_01jd8m3k5xq2w4v7z9ab
             */
            id: string;
            /** @constant */
            type: "video.needs_input";
            /** @description Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events. */
            cursor: number;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            timestamp: string;
            /** @description Null for a user token. */
            tenant: string | null;
            mode: components["schemas"]["Mode"];
            /** @description The event's number among the events of its resource, from 1. */
            sequence: number;
            /** @description True if a later event of the same resource was already sent. */
            stale?: boolean;
            data: components["schemas"]["Video"];
            /** @description The endpoint it is sent to. Null for a callback. */
            endpoint: string | null;
        };
        VideoPlan: {
            /** @constant */
            dry_run: true;
            /** @description Null for a user token if the prompt was built from a generator. */
            prompt: string | null;
            generator: components["schemas"]["UsedGenerator"] | null;
            asset_ids: string[];
            output: components["schemas"]["Output"];
            estimated_seconds: number;
            cost: components["schemas"]["Cost"];
        };
        /** @enum {string} */
        VideoStage: "project" | "assets" | "turn" | "timeline" | "render" | "file" | "done";
        VideoStageEvent: {
            /** @constant */
            type: "video.stage";
            stage: components["schemas"]["VideoStage"];
            progress: number;
        };
        VideoStartedEvent: {
            /** @constant */
            type: "video.started";
            /** @example vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv */
            id: string;
            events_url: string;
        };
        /** @enum {string} */
        VideoStatus: "queued" | "processing" | "needs_input" | "completed" | "failed" | "cancelled";
        WebhookEndpoint: {
            /** @example whk_01jd8m3k5xq2w4v7z9ab */
            id: string;
            url: string;
            types: (components["schemas"]["EventType"] | "*")[];
            state: components["schemas"]["TargetState"];
            /** @description `you`: disabled by request. `gone`: the endpoint returned 410. `failing`: deliveries failed for five days. */
            disabled_by: components["schemas"]["DisabledBy"] | null;
            disabled_at: string | null;
            /**
             * Format: date-time
             * @example 2026-11-21T10:00:00.000Z
             */
            created_at: string;
        };
        WebhookEndpointPage: {
            data: components["schemas"]["WebhookEndpoint"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        WebhookEndpointPatch: {
            /**
             * Format: uri
             * @example https://example.com/hooks/nemo
             */
            url?: string;
            types?: (components["schemas"]["EventType"] | "*")[];
            state?: components["schemas"]["TargetState"];
        };
        /** @description The user of an item of a list that can span all users. */
        WithUser: {
            /** @description Your own id of its user; null if it has none. */
            user: string | null;
        };
    };
    responses: {
        /** @description An error (RFC 9457). */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "https://gateway.example/docs/errors#not_found",
                 *       "title": "Not found",
                 *       "status": 404,
                 *       "detail": "No video with this id exists; list your videos with GET /v1/videos.",
                 *       "code": "not_found",
                 *       "request_id": "req_fc1d9ccdjk8dkvqqmaj3bxep",
                 *       "retryable": false
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
        UserId: string;
        /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
        IdempotencyKey: string;
        /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
        Prefer: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "videos.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                status?: components["schemas"]["VideoStatus"];
                /** @description The id or slug of a generator. */
                generator?: string;
                project?: string;
                batch?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of videos. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "has_more": true,
                     *       "next_cursor": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "data": [
                     *         {
                     *           "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *           "status": "completed",
                     *           "stage": "done",
                     *           "progress": 100,
                     *           "elapsed_ms": 666,
                     *           "prompt": "make a 4 second clip of the sea",
                     *           "prompt_source": "caller",
                     *           "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *           "generator": null,
                     *           "batch_id": null,
                     *           "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *           "turn_id": "trn_01m8kxwmckw57nnd60kh8b89f1k136vrvz22",
                     *           "render_id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *           "asset_ids": [],
                     *           "charged": "unknown",
                     *           "credits": {
                     *             "amount": null,
                     *             "basis": "unknown"
                     *           },
                     *           "error": null,
                     *           "metadata": {},
                     *           "status_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *           "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events",
                     *           "download_url": "https://gateway.example/f/…",
                     *           "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *           "size_bytes": 20526,
                     *           "duration_ms": 4000,
                     *           "width": 1920,
                     *           "height": 1080,
                     *           "content_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/content",
                     *           "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/cancel",
                     *           "poll_after_seconds": null,
                     *           "estimated_seconds": null,
                     *           "created_at": "2026-11-29T15:13:31.009Z",
                     *           "ended_at": "2026-11-29T15:13:31.675Z",
                     *           "user": "ada"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ListedVideoPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.create": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions"
                 *     }
                 */
                "application/json": components["schemas"]["NewVideo"];
                "multipart/form-data": components["schemas"]["FormFiles"];
                "application/x-www-form-urlencoded": components["schemas"]["FormFields"];
            };
        };
        responses: {
            /** @description The video, ended; or the plan, with `dry_run`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"] | components["schemas"]["VideoPlan"];
                };
            };
            /** @description The video, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "vid_01m8kxwnqtpby88jc9cf8b89f1k136vrvz22",
                     *       "status": "queued",
                     *       "stage": "project",
                     *       "progress": 0,
                     *       "elapsed_ms": 4,
                     *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                     *       "prompt_source": "caller",
                     *       "message": null,
                     *       "generator": null,
                     *       "batch_id": null,
                     *       "project_id": null,
                     *       "turn_id": null,
                     *       "render_id": null,
                     *       "asset_ids": [],
                     *       "charged": null,
                     *       "credits": null,
                     *       "error": null,
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/videos/vid_01m8kxwnqtpby88jc9cf8b89f1k136vrvz22",
                     *       "events_url": "https://gateway.example/v1/videos/vid_01m8kxwnqtpby88jc9cf8b89f1k136vrvz22/events",
                     *       "download_url": null,
                     *       "download_url_expires_at": null,
                     *       "size_bytes": null,
                     *       "duration_ms": null,
                     *       "width": null,
                     *       "height": null,
                     *       "content_url": "https://gateway.example/v1/videos/vid_01m8kxwnqtpby88jc9cf8b89f1k136vrvz22/content",
                     *       "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwnqtpby88jc9cf8b89f1k136vrvz22/cancel",
                     *       "poll_after_seconds": 5,
                     *       "estimated_seconds": 120,
                     *       "created_at": "2026-11-29T15:13:32.410Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Video"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.videos.create": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewGeneratorVideo"];
                "multipart/form-data": components["schemas"]["FormFiles"];
                "application/x-www-form-urlencoded": components["schemas"]["FormFields"];
            };
        };
        responses: {
            /** @description The video, ended; or the plan, with `dry_run`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"] | components["schemas"]["VideoPlan"];
                };
            };
            /** @description The video, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "vid_01m8kxwnsk6k4v31m8tq8b89f1k136vrvz22",
                     *       "status": "queued",
                     *       "stage": "project",
                     *       "progress": 0,
                     *       "elapsed_ms": 2,
                     *       "prompt": "make a clip",
                     *       "prompt_source": "generator",
                     *       "message": null,
                     *       "generator": {
                     *         "id": "gen_01m8kxwkynm7sg264zty",
                     *         "slug": "mine",
                     *         "version": 1
                     *       },
                     *       "batch_id": null,
                     *       "project_id": null,
                     *       "turn_id": null,
                     *       "render_id": null,
                     *       "asset_ids": [],
                     *       "charged": null,
                     *       "credits": null,
                     *       "error": null,
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/videos/vid_01m8kxwnsk6k4v31m8tq8b89f1k136vrvz22",
                     *       "events_url": "https://gateway.example/v1/videos/vid_01m8kxwnsk6k4v31m8tq8b89f1k136vrvz22/events",
                     *       "download_url": null,
                     *       "download_url_expires_at": null,
                     *       "size_bytes": null,
                     *       "duration_ms": null,
                     *       "width": null,
                     *       "height": null,
                     *       "content_url": "https://gateway.example/v1/videos/vid_01m8kxwnsk6k4v31m8tq8b89f1k136vrvz22/content",
                     *       "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwnsk6k4v31m8tq8b89f1k136vrvz22/cancel",
                     *       "poll_after_seconds": 5,
                     *       "estimated_seconds": 120,
                     *       "created_at": "2026-11-29T15:13:32.467Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Video"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.retrieve": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "stage": "done",
                     *       "progress": 100,
                     *       "elapsed_ms": 666,
                     *       "prompt": "make a 4 second clip of the sea",
                     *       "prompt_source": "caller",
                     *       "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *       "generator": null,
                     *       "batch_id": null,
                     *       "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *       "turn_id": "trn_01m8kxwmckw57nnd60kh8b89f1k136vrvz22",
                     *       "render_id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *       "asset_ids": [],
                     *       "charged": "unknown",
                     *       "credits": {
                     *         "amount": null,
                     *         "basis": "unknown"
                     *       },
                     *       "error": null,
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events",
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *       "size_bytes": 20526,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "content_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/content",
                     *       "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/cancel",
                     *       "poll_after_seconds": null,
                     *       "estimated_seconds": null,
                     *       "created_at": "2026-11-29T15:13:31.009Z",
                     *       "ended_at": "2026-11-29T15:13:31.675Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Video"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.continue": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions"
                 *     }
                 */
                "application/json": components["schemas"]["NewVideoTurn"];
            };
        };
        responses: {
            /** @description The video, ended. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Video"];
                };
            };
            /** @description The video, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "status": "processing",
                     *       "stage": "turn",
                     *       "progress": 10,
                     *       "elapsed_ms": 0,
                     *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                     *       "prompt_source": "caller",
                     *       "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *       "generator": null,
                     *       "batch_id": null,
                     *       "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *       "turn_id": null,
                     *       "render_id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *       "asset_ids": [],
                     *       "charged": "unknown",
                     *       "credits": {
                     *         "amount": null,
                     *         "basis": "unknown"
                     *       },
                     *       "error": null,
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events",
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *       "size_bytes": 20526,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "content_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/content",
                     *       "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/cancel",
                     *       "poll_after_seconds": 5,
                     *       "estimated_seconds": 120,
                     *       "created_at": "2026-11-29T15:13:31.009Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Video"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.cancel": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The video. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "status": "cancelled",
                     *       "stage": "turn",
                     *       "progress": 10,
                     *       "elapsed_ms": 40,
                     *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                     *       "prompt_source": "caller",
                     *       "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *       "generator": null,
                     *       "batch_id": null,
                     *       "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *       "turn_id": "trn_01m8kxwnv9we9qrfzg938b89f1k136vrvz22",
                     *       "render_id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *       "asset_ids": [],
                     *       "charged": "unknown",
                     *       "credits": {
                     *         "amount": null,
                     *         "basis": "unknown"
                     *       },
                     *       "error": {
                     *         "code": "cancelled",
                     *         "title": "Cancelled",
                     *         "detail": "The video was cancelled; work that Nemo had started may still be charged.",
                     *         "retryable": false
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *       "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events",
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *       "size_bytes": 20526,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "content_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/content",
                     *       "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/cancel",
                     *       "poll_after_seconds": null,
                     *       "estimated_seconds": null,
                     *       "created_at": "2026-11-29T15:13:31.009Z",
                     *       "ended_at": "2026-11-29T15:13:32.552Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Video"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.content": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.content_head": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.link": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewLink"];
            };
        };
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-11-30T15:13:32.636Z",
                     *       "url": "https://gateway.example/f/…"
                     *     }
                     */
                    "application/json": components["schemas"]["Link"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "videos.events": {
        parameters: {
            query?: {
                /** @description Return events after this id. */
                after?: number;
                /** @description Same as the header `Last-Event-ID`, for clients that cannot send it. Takes precedence over `after`. */
                lastEventId?: string;
                /** @description Same as the header `Last-Event-ID`, for clients that cannot send it. Takes precedence over `after`. */
                "Last-Event-ID"?: string;
                /** @description Events per page. JSON only. */
                limit?: number;
                /** @description Seconds to wait for the first event. JSON only. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events after the cursor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 1,
                     *           "event": {
                     *             "type": "video.started",
                     *             "id": "vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22",
                     *             "events_url": "https://gateway.example/v1/videos/vid_01m8kxwmc112q3zk4vjn8b89f1k136vrvz22/events"
                     *           }
                     *         }
                     *       ],
                     *       "next_after": 1,
                     *       "ended": false
                     *     }
                     */
                    "application/json": components["schemas"]["VideoEventPage"];
                };
            };
            /** @description The video has ended and there are no events after the cursor. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of projects. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *           "name": "video",
                     *           "language": null,
                     *           "summary": null,
                     *           "metadata": {},
                     *           "turns_url": "https://gateway.example/v1/projects/prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22/turns",
                     *           "timeline_url": "https://gateway.example/v1/projects/prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22/timeline",
                     *           "renders_url": "https://gateway.example/v1/projects/prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22/renders",
                     *           "created_at": "2026-11-29T15:13:31.021Z",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22"
                     *     }
                     */
                    "application/json": components["schemas"]["ListedProjectPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description The project. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22",
                     *       "name": "project",
                     *       "language": null,
                     *       "summary": null,
                     *       "metadata": {},
                     *       "turns_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/turns",
                     *       "timeline_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/timeline",
                     *       "renders_url": "https://gateway.example/v1/projects/prj_01m8kxwp169wt2r65nrh8b89f1k136vrvz22/renders",
                     *       "created_at": "2026-11-29T15:13:32.710Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "name": "project",
                     *       "language": null,
                     *       "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *       "metadata": {},
                     *       "turns_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/turns",
                     *       "timeline_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/timeline",
                     *       "renders_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/renders",
                     *       "created_at": "2026-11-29T15:13:30.625Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The project was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.update": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ProjectPatch"];
            };
        };
        responses: {
            /** @description The project. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "name": "project",
                     *       "language": null,
                     *       "summary": null,
                     *       "metadata": {},
                     *       "turns_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/turns",
                     *       "timeline_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/timeline",
                     *       "renders_url": "https://gateway.example/v1/projects/prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22/renders",
                     *       "created_at": "2026-11-29T15:13:30.625Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Project"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.timeline": {
        parameters: {
            query?: {
                format?: "timeline" | "draft";
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The timeline, or Nemo's own JSON with `?format=draft`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *       "exportable": true,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "tracks": [
                     *         {
                     *           "kind": "video",
                     *           "segments": [
                     *             {
                     *               "label": "sea",
                     *               "start_ms": 0,
                     *               "duration_ms": 4000,
                     *               "volume": null,
                     *               "text": null
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "kind": "audio",
                     *           "segments": [
                     *             {
                     *               "label": "Lo-fi",
                     *               "start_ms": 0,
                     *               "duration_ms": 4000,
                     *               "volume": 0.35,
                     *               "text": null
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "kind": "text",
                     *           "segments": [
                     *             {
                     *               "label": "Sea",
                     *               "start_ms": 0,
                     *               "duration_ms": 3000,
                     *               "volume": null,
                     *               "text": "Sea"
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Timeline"] | components["schemas"]["TimelineDraft"];
                };
            };
            /** @description The timeline has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.browser_link": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link, valid for a week. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://nemovideo.com/workspace/claim?ct=clm_i2N0u85QY4v-_GYagcj2pSFMw1DG4X_B",
                     *       "expires_at": "2026-12-06T15:13:32.749Z"
                     *     }
                     */
                    "application/json": components["schemas"]["BrowserLink"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                /** @description The newest turn that you know. Leave it out if you know of none. */
                newest?: string;
                /** @description Seconds to wait while `newest` is the newest turn of the project. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of turns. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22",
                     *           "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *           "status": "completed",
                     *           "intent": "chat",
                     *           "prompt": "make a 4 second clip of the sea",
                     *           "prompt_source": "caller",
                     *           "channel": "api",
                     *           "key_id": "key_01m8kxwkrfshzp1rrd7c",
                     *           "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *           "text_complete": true,
                     *           "charged": "yes",
                     *           "credits": {
                     *             "amount": 100,
                     *             "basis": "measured"
                     *           },
                     *           "timeline": {
                     *             "changed": true,
                     *             "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)"
                     *           },
                     *           "evidence": {
                     *             "stream": "closed",
                     *             "timeline": "changed",
                     *             "balance": "lower"
                     *           },
                     *           "error": null,
                     *           "language": null,
                     *           "metadata": {},
                     *           "render_ids": [
                     *             "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22"
                     *           ],
                     *           "events_url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events",
                     *           "created_at": "2026-11-29T15:13:30.671Z",
                     *           "sent_at": "2026-11-29T15:13:30.716Z",
                     *           "ended_at": "2026-11-29T15:13:30.833Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["TurnPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.create": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions"
                 *     }
                 */
                "application/json": components["schemas"]["NewTurn"];
            };
        };
        responses: {
            /** @description The turn, ended, or its event stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Turn"];
                    "text/event-stream": string;
                };
            };
            /** @description The turn, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trn_01m8kxwp339g7zyyk3fx8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "queued",
                     *       "intent": "chat",
                     *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                     *       "prompt_source": "caller",
                     *       "channel": "api",
                     *       "key_id": "key_01m8kxwkrfshzp1rrd7c",
                     *       "text": null,
                     *       "text_complete": false,
                     *       "charged": null,
                     *       "credits": null,
                     *       "timeline": null,
                     *       "evidence": null,
                     *       "error": null,
                     *       "language": null,
                     *       "metadata": {},
                     *       "render_ids": [],
                     *       "events_url": "https://gateway.example/v1/turns/trn_01m8kxwp339g7zyyk3fx8b89f1k136vrvz22/events",
                     *       "created_at": "2026-11-29T15:13:32.771Z",
                     *       "sent_at": null,
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Turn"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.retrieve": {
        parameters: {
            query?: {
                /** @description Same as `Prefer: wait=N`: seconds to wait for the end, at most 60. Larger values count as 60. */
                wait?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description `wait=N`: wait up to N seconds for the end, at most 60 (RFC 7240). */
                Prefer?: components["parameters"]["Prefer"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The turn. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "intent": "chat",
                     *       "prompt": "make a 4 second clip of the sea",
                     *       "prompt_source": "caller",
                     *       "channel": "api",
                     *       "key_id": "key_01m8kxwkrfshzp1rrd7c",
                     *       "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *       "text_complete": true,
                     *       "charged": "yes",
                     *       "credits": {
                     *         "amount": 100,
                     *         "basis": "measured"
                     *       },
                     *       "timeline": {
                     *         "changed": true,
                     *         "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)"
                     *       },
                     *       "evidence": {
                     *         "stream": "closed",
                     *         "timeline": "changed",
                     *         "balance": "lower"
                     *       },
                     *       "error": null,
                     *       "language": null,
                     *       "metadata": {},
                     *       "render_ids": [
                     *         "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22"
                     *       ],
                     *       "events_url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events",
                     *       "created_at": "2026-11-29T15:13:30.671Z",
                     *       "sent_at": "2026-11-29T15:13:30.716Z",
                     *       "ended_at": "2026-11-29T15:13:30.833Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Turn"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.cancel": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The turn. A running turn ends shortly afterwards. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "intent": "chat",
                     *       "prompt": "make a 4 second clip of the sea",
                     *       "prompt_source": "caller",
                     *       "channel": "api",
                     *       "key_id": "key_01m8kxwkrfshzp1rrd7c",
                     *       "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *       "text_complete": true,
                     *       "charged": "yes",
                     *       "credits": {
                     *         "amount": 100,
                     *         "basis": "measured"
                     *       },
                     *       "timeline": {
                     *         "changed": true,
                     *         "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)"
                     *       },
                     *       "evidence": {
                     *         "stream": "closed",
                     *         "timeline": "changed",
                     *         "balance": "lower"
                     *       },
                     *       "error": null,
                     *       "language": null,
                     *       "metadata": {},
                     *       "render_ids": [
                     *         "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22"
                     *       ],
                     *       "events_url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events",
                     *       "created_at": "2026-11-29T15:13:30.671Z",
                     *       "sent_at": "2026-11-29T15:13:30.716Z",
                     *       "ended_at": "2026-11-29T15:13:30.833Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Turn"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.stream_ticket": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket's URL. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events?ticket=…",
                     *       "first_use_by": "2026-11-29T15:23:32.927Z"
                     *     }
                     */
                    "application/json": components["schemas"]["StreamTicket"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "turns.events": {
        parameters: {
            query?: {
                /** @description Return events after this id. */
                after?: number;
                /** @description Same as the header `Last-Event-ID`, for clients that cannot send it. Takes precedence over `after`. */
                lastEventId?: string;
                /** @description Same as the header `Last-Event-ID`, for clients that cannot send it. Takes precedence over `after`. */
                "Last-Event-ID"?: string;
                /** @description Events per page. JSON only. */
                limit?: number;
                /** @description Seconds to wait for the first event. JSON only. */
                wait?: number;
                /** @description A stream ticket. Replaces the credential. */
                ticket?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events after the cursor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": 1,
                     *           "event": {
                     *             "type": "turn.started",
                     *             "id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22",
                     *             "events_url": "https://gateway.example/v1/turns/trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22/events"
                     *           }
                     *         }
                     *       ],
                     *       "next_after": 1,
                     *       "ended": false
                     *     }
                     */
                    "application/json": components["schemas"]["TurnEventPage"];
                };
            };
            /** @description The turn has ended and there are no events after the cursor. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                status?: components["schemas"]["UploadStatus"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of uploads. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22",
                     *           "status": "open",
                     *           "source": "sent",
                     *           "filename": "sea.png",
                     *           "size_bytes": 6,
                     *           "offset_bytes": 0,
                     *           "asset_id": null,
                     *           "error": null,
                     *           "concat": null,
                     *           "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22/content",
                     *           "metadata": {},
                     *           "created_at": "2026-11-29T15:13:31.448Z",
                     *           "expires_at": "2026-11-29T15:37:31.448Z",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "4"
                     *     }
                     */
                    "application/json": components["schemas"]["ListedUploadPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filename": "clip.mp4",
                 *       "size_bytes": 3
                 *     }
                 */
                "application/json": components["schemas"]["NewUpload"];
                "multipart/form-data": components["schemas"]["FormFiles"];
                "application/offset+octet-stream": string;
            };
        };
        responses: {
            /** @description The upload. Send the content to `content_url`, or PATCH its `Location`. For a form: `data` with one upload per file. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01m8kxwp8zpb7n7w9f7w8b89f1k136vrvz22",
                     *       "status": "open",
                     *       "source": "sent",
                     *       "filename": "clip.mp4",
                     *       "size_bytes": 3,
                     *       "offset_bytes": 0,
                     *       "asset_id": null,
                     *       "error": null,
                     *       "concat": null,
                     *       "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwp8zpb7n7w9f7w8b89f1k136vrvz22/content",
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:32.964Z",
                     *       "expires_at": "2026-11-29T15:37:32.964Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"] | components["schemas"]["UploadList"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The upload. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22",
                     *       "status": "open",
                     *       "source": "sent",
                     *       "filename": "sea.png",
                     *       "size_bytes": 6,
                     *       "offset_bytes": 0,
                     *       "asset_id": null,
                     *       "error": null,
                     *       "concat": null,
                     *       "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22/content",
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:31.448Z",
                     *       "expires_at": "2026-11-29T15:37:31.448Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The upload was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.retrieve_head": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The upload. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.append": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/offset+octet-stream": string;
                "application/partial-upload": string;
            };
        };
        responses: {
            /** @description The last bytes by the IETF draft: the upload is complete. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            /** @description The bytes were stored. `Upload-Offset` is the new offset. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.content": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description The completed upload. `asset_id` is set shortly afterwards: retrieve the upload again, or wait for `asset.ready`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "source": "sent",
                     *       "filename": "sea.png",
                     *       "size_bytes": 6,
                     *       "offset_bytes": 6,
                     *       "asset_id": null,
                     *       "error": null,
                     *       "concat": null,
                     *       "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwmskg5sxxccjs38b89f1k136vrvz22/content",
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:31.448Z",
                     *       "expires_at": "2026-11-29T15:37:34.178Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "uploads.import": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://example.com/clip.mp4"
                 *     }
                 */
                "application/json": components["schemas"]["NewImport"];
            };
        };
        responses: {
            /** @description The upload, with its import in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "upl_01m8kxwp9tg64jqqfz568b89f1k136vrvz22",
                     *       "status": "open",
                     *       "source": "import",
                     *       "filename": "clip.mp4",
                     *       "size_bytes": null,
                     *       "offset_bytes": 0,
                     *       "asset_id": null,
                     *       "error": null,
                     *       "concat": null,
                     *       "content_url": "https://gateway.example/v1/uploads/upl_01m8kxwp9tg64jqqfz568b89f1k136vrvz22/content",
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:32.992Z",
                     *       "expires_at": "2026-11-29T15:37:32.992Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Upload"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "assets.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of assets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "has_more": false,
                     *       "next_cursor": null,
                     *       "data": [
                     *         {
                     *           "id": "ast_01m8kxwmhb3dj7tym6w48b89f1k136vrvz22",
                     *           "status": "ready",
                     *           "filename": "sea.png",
                     *           "kind": "image",
                     *           "content_type": "image/png",
                     *           "size_bytes": 70,
                     *           "duration_ms": null,
                     *           "width": 1,
                     *           "height": 1,
                     *           "sha256": "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0",
                     *           "error": null,
                     *           "metadata": {},
                     *           "created_at": "2026-11-29T15:13:31.428Z",
                     *           "download_url": "https://gateway.example/f/…",
                     *           "download_url_expires_at": "2026-12-06T15:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AssetPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "assets.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The asset. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "ast_01m8kxwmhb3dj7tym6w48b89f1k136vrvz22",
                     *       "status": "ready",
                     *       "filename": "sea.png",
                     *       "kind": "image",
                     *       "content_type": "image/png",
                     *       "size_bytes": 70,
                     *       "duration_ms": null,
                     *       "width": 1,
                     *       "height": 1,
                     *       "sha256": "6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0",
                     *       "error": null,
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:31.428Z",
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Asset"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "assets.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The asset is deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "assets.attach": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "asset_id": "ast_01m8kxwmhb3dj7tym6w48b89f1k136vrvz22"
                 *     }
                 */
                "application/json": components["schemas"]["NewAttachment"];
            };
        };
        responses: {
            /** @description The attachment, `attached` or `failed`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            /** @description The attachment, `pending`: the file is being sent to Nemo. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "asset_id": "ast_01m8kxwmhb3dj7tym6w48b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "pending",
                     *       "error": null
                     *     }
                     */
                    "application/json": components["schemas"]["Attachment"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "projects.renders": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of renders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "has_more": false,
                     *       "next_cursor": null,
                     *       "data": [
                     *         {
                     *           "id": "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22",
                     *           "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *           "status": "completed",
                     *           "stage": null,
                     *           "progress": 100,
                     *           "output": {
                     *             "format": "mp4",
                     *             "quality": "high"
                     *           },
                     *           "file": {
                     *             "size_bytes": 20526,
                     *             "etag": "\"5e3fd89c397001ab8a1195aa68bac6cb\"",
                     *             "content_type": "video/mp4",
                     *             "sha256": "c858648825ea6d4adae92f0806b12dca2290f8ce89bc597a142f4d420ead7c28",
                     *             "duration_ms": 4000,
                     *             "width": 1920,
                     *             "height": 1080,
                     *             "codec": "h264",
                     *             "expires_at": "2026-12-29T15:13:31.574Z"
                     *           },
                     *           "download_url": "https://gateway.example/f/…",
                     *           "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *           "size_bytes": 20526,
                     *           "duration_ms": 4000,
                     *           "width": 1920,
                     *           "height": 1080,
                     *           "content_url": "https://gateway.example/v1/renders/rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22/content",
                     *           "reused_from": null,
                     *           "warnings": [],
                     *           "attempts": [],
                     *           "error": null,
                     *           "metadata": {},
                     *           "created_at": "2026-11-29T15:13:31.112Z",
                     *           "next_check_at": null,
                     *           "ended_at": "2026-11-29T15:13:31.574Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RenderPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewRender"];
            };
        };
        responses: {
            /** @description With `dry_run`: the plan of the export. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RenderPlan"];
                };
            };
            /** @description The render, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "rnd_01m8kxwpe485e92q1fqb8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "queued",
                     *       "stage": "queued",
                     *       "progress": 0,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "file": null,
                     *       "download_url": null,
                     *       "download_url_expires_at": null,
                     *       "size_bytes": null,
                     *       "duration_ms": null,
                     *       "width": null,
                     *       "height": null,
                     *       "content_url": null,
                     *       "reused_from": null,
                     *       "warnings": [],
                     *       "attempts": [],
                     *       "error": null,
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:33.124Z",
                     *       "next_check_at": "2026-11-29T15:13:33.124Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Render"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                status?: components["schemas"]["RenderStatus"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of renders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "has_more": true,
                     *       "next_cursor": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *       "data": [
                     *         {
                     *           "id": "rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22",
                     *           "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *           "status": "completed",
                     *           "stage": null,
                     *           "progress": 100,
                     *           "output": {
                     *             "format": "mp4",
                     *             "quality": "high"
                     *           },
                     *           "file": {
                     *             "size_bytes": 20526,
                     *             "etag": "\"5e3fd89c397001ab8a1195aa68bac6cb\"",
                     *             "content_type": "video/mp4",
                     *             "sha256": "c858648825ea6d4adae92f0806b12dca2290f8ce89bc597a142f4d420ead7c28",
                     *             "duration_ms": 4000,
                     *             "width": 1920,
                     *             "height": 1080,
                     *             "codec": "h264",
                     *             "expires_at": "2026-12-29T15:13:31.630Z"
                     *           },
                     *           "download_url": "https://gateway.example/f/…",
                     *           "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *           "size_bytes": 20526,
                     *           "duration_ms": 4000,
                     *           "width": 1920,
                     *           "height": 1080,
                     *           "content_url": "https://gateway.example/v1/renders/rnd_01m8kxwmmf3js2yk308g8b89f1k136vrvz22/content",
                     *           "reused_from": null,
                     *           "warnings": [],
                     *           "attempts": [],
                     *           "error": null,
                     *           "metadata": {},
                     *           "created_at": "2026-11-29T15:13:31.279Z",
                     *           "next_check_at": null,
                     *           "ended_at": "2026-11-29T15:13:31.630Z",
                     *           "user": "ada"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ListedRenderPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.cancel": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The render. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "stage": null,
                     *       "progress": 100,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "file": {
                     *         "size_bytes": 20526,
                     *         "etag": "\"5e3fd89c397001ab8a1195aa68bac6cb\"",
                     *         "content_type": "video/mp4",
                     *         "sha256": "c858648825ea6d4adae92f0806b12dca2290f8ce89bc597a142f4d420ead7c28",
                     *         "duration_ms": 4000,
                     *         "width": 1920,
                     *         "height": 1080,
                     *         "codec": "h264",
                     *         "expires_at": "2026-12-29T15:13:31.574Z"
                     *       },
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *       "size_bytes": 20526,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "content_url": "https://gateway.example/v1/renders/rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22/content",
                     *       "reused_from": null,
                     *       "warnings": [],
                     *       "attempts": [],
                     *       "error": null,
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:31.112Z",
                     *       "next_check_at": null,
                     *       "ended_at": "2026-11-29T15:13:31.574Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Render"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The render. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22",
                     *       "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "stage": null,
                     *       "progress": 100,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "file": {
                     *         "size_bytes": 20526,
                     *         "etag": "\"5e3fd89c397001ab8a1195aa68bac6cb\"",
                     *         "content_type": "video/mp4",
                     *         "sha256": "c858648825ea6d4adae92f0806b12dca2290f8ce89bc597a142f4d420ead7c28",
                     *         "duration_ms": 4000,
                     *         "width": 1920,
                     *         "height": 1080,
                     *         "codec": "h264",
                     *         "expires_at": "2026-12-29T15:13:31.574Z"
                     *       },
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *       "size_bytes": 20526,
                     *       "duration_ms": 4000,
                     *       "width": 1920,
                     *       "height": 1080,
                     *       "content_url": "https://gateway.example/v1/renders/rnd_01m8kxwmf8q3dsfxfhnn8b89f1k136vrvz22/content",
                     *       "reused_from": null,
                     *       "warnings": [],
                     *       "attempts": [],
                     *       "error": null,
                     *       "metadata": {},
                     *       "created_at": "2026-11-29T15:13:31.112Z",
                     *       "next_check_at": null,
                     *       "ended_at": "2026-11-29T15:13:31.574Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Render"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.content": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.content_head": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "renders.link": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewLink"];
            };
        };
        responses: {
            /** @description The link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "download_url": "https://gateway.example/f/…",
                     *       "download_url_expires_at": "2026-11-30T15:13:33.192Z",
                     *       "url": "https://gateway.example/f/…"
                     *     }
                     */
                    "application/json": components["schemas"]["Link"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "files.download": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "files.download_head": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "files.download_named": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "files.download_named_head": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The part of the file that `Range` requested. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "video/mp4": string;
                    "video/quicktime": string;
                    "video/x-msvideo": string;
                    "video/webm": string;
                    "video/x-matroska": string;
                    "image/jpeg": string;
                    "image/png": string;
                    "image/gif": string;
                    "image/webp": string;
                    "audio/mpeg": string;
                    "audio/wav": string;
                    "audio/mp4": string;
                    "audio/aac": string;
                };
            };
            /** @description The file has not changed. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of generators. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "name": "Sea clip",
                     *           "description": "",
                     *           "prompt": "make a 4 second clip of the sea",
                     *           "variables": [],
                     *           "accepts": [
                     *             "mp4",
                     *             "mov",
                     *             "avi",
                     *             "webm",
                     *             "mkv",
                     *             "jpg",
                     *             "png",
                     *             "gif",
                     *             "webp",
                     *             "mp3",
                     *             "wav",
                     *             "m4a",
                     *             "aac"
                     *           ],
                     *           "needs_file": false,
                     *           "output": {
                     *             "format": "mp4",
                     *             "quality": "high"
                     *           },
                     *           "language": null,
                     *           "attribution": {
                     *             "source": null,
                     *             "version": null,
                     *             "platform": null
                     *           },
                     *           "greeting": null,
                     *           "try_saying": [],
                     *           "tips": [],
                     *           "expected_seconds": null,
                     *           "id": "gen_01m8kxwncbq2gqbr1h59",
                     *           "slug": "sea-clip",
                     *           "version": 1,
                     *           "made_by": "tenant",
                     *           "created_at": "2026-11-29T15:13:32.043Z",
                     *           "updated_at": "2026-11-29T15:13:32.043Z"
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "gen_01m8kxwncbq2gqbr1h59"
                     *     }
                     */
                    "application/json": components["schemas"]["GeneratorPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "another",
                 *       "prompt": "make a clip"
                 *     }
                 */
                "application/json": components["schemas"]["NewGenerator"];
            };
        };
        responses: {
            /** @description The generator. */
            201: {
                headers: {
                    /** @description The version in quotes; send it as `If-Match` to update this version only. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "another",
                     *       "description": "",
                     *       "prompt": "make a clip",
                     *       "variables": [],
                     *       "accepts": [
                     *         "mp4",
                     *         "mov",
                     *         "avi",
                     *         "webm",
                     *         "mkv",
                     *         "jpg",
                     *         "png",
                     *         "gif",
                     *         "webp",
                     *         "mp3",
                     *         "wav",
                     *         "m4a",
                     *         "aac"
                     *       ],
                     *       "needs_file": false,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "language": null,
                     *       "attribution": {
                     *         "source": null,
                     *         "version": null,
                     *         "platform": null
                     *       },
                     *       "greeting": null,
                     *       "try_saying": [],
                     *       "tips": [],
                     *       "expected_seconds": null,
                     *       "id": "gen_01m8kxwpgn8adwkn9jdm",
                     *       "slug": "another",
                     *       "version": 1,
                     *       "made_by": "tenant",
                     *       "created_at": "2026-11-29T15:13:33.205Z",
                     *       "updated_at": "2026-11-29T15:13:33.205Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Generator"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.retrieve": {
        parameters: {
            query?: {
                version?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The generator. */
            200: {
                headers: {
                    /** @description The version in quotes; send it as `If-Match` to update this version only. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "mine",
                     *       "description": "",
                     *       "prompt": "make a clip",
                     *       "variables": [],
                     *       "accepts": [
                     *         "mp4",
                     *         "mov",
                     *         "avi",
                     *         "webm",
                     *         "mkv",
                     *         "jpg",
                     *         "png",
                     *         "gif",
                     *         "webp",
                     *         "mp3",
                     *         "wav",
                     *         "m4a",
                     *         "aac"
                     *       ],
                     *       "needs_file": false,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "language": null,
                     *       "attribution": {
                     *         "source": null,
                     *         "version": null,
                     *         "platform": null
                     *       },
                     *       "greeting": null,
                     *       "try_saying": [],
                     *       "tips": [],
                     *       "expected_seconds": null,
                     *       "id": "gen_01m8kxwkynm7sg264zty",
                     *       "slug": "mine",
                     *       "version": 1,
                     *       "made_by": "tenant",
                     *       "created_at": "2026-11-29T15:13:30.581Z",
                     *       "updated_at": "2026-11-29T15:13:30.581Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Generator"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The generator was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.update": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                "if-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "renamed"
                 *     }
                 */
                "application/json": components["schemas"]["GeneratorPatch"];
            };
        };
        responses: {
            /** @description The generator, with its new version. */
            200: {
                headers: {
                    /** @description The version in quotes; send it as `If-Match` to update this version only. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "renamed",
                     *       "description": "",
                     *       "prompt": "make a clip",
                     *       "variables": [],
                     *       "accepts": [
                     *         "mp4",
                     *         "mov",
                     *         "avi",
                     *         "webm",
                     *         "mkv",
                     *         "jpg",
                     *         "png",
                     *         "gif",
                     *         "webp",
                     *         "mp3",
                     *         "wav",
                     *         "m4a",
                     *         "aac"
                     *       ],
                     *       "needs_file": false,
                     *       "output": {
                     *         "format": "mp4",
                     *         "quality": "high"
                     *       },
                     *       "language": null,
                     *       "attribution": {
                     *         "source": null,
                     *         "version": null,
                     *         "platform": null
                     *       },
                     *       "greeting": null,
                     *       "try_saying": [],
                     *       "tips": [],
                     *       "expected_seconds": null,
                     *       "id": "gen_01m8kxwkynm7sg264zty",
                     *       "slug": "mine",
                     *       "version": 2,
                     *       "made_by": "tenant",
                     *       "created_at": "2026-11-29T15:13:30.581Z",
                     *       "updated_at": "2026-11-29T15:13:34.196Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Generator"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generators.make": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "description": "create a generator that turns product photos into promo videos with music and captions"
                 *     }
                 */
                "application/json": components["schemas"]["NewGeneratorJob"];
            };
        };
        responses: {
            /** @description The generator job, `running`. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "gjb_01m8kxwph9mv1gh2f9228b89f1k136vrvz22",
                     *       "status": "running",
                     *       "description": "create a generator that turns product photos into promo videos with music and captions",
                     *       "generator_id": null,
                     *       "slug": null,
                     *       "made_by": null,
                     *       "fault": null,
                     *       "project_id": null,
                     *       "turn_id": null,
                     *       "charged": null,
                     *       "credits": null,
                     *       "error": null,
                     *       "status_url": "https://gateway.example/v1/generator_jobs/gjb_01m8kxwph9mv1gh2f9228b89f1k136vrvz22",
                     *       "poll_after_seconds": 3,
                     *       "created_at": "2026-11-29T15:13:33.225Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["GeneratorJob"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "generator_jobs.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The generator job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "gjb_01m8kxwm9p9prsj4q0p78b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "description": "quote cards",
                     *       "generator_id": "gen_01m8kxwm9p9a32pdd4cg",
                     *       "slug": "quote-card",
                     *       "made_by": "agent",
                     *       "fault": null,
                     *       "project_id": "prj_01m8kxwmajk1kcst36wf8b89f1k136vrvz22",
                     *       "turn_id": "trn_01m8kxwmamfgevavtvq58b89f1k136vrvz22",
                     *       "charged": "unknown",
                     *       "credits": {
                     *         "amount": null,
                     *         "basis": "unknown"
                     *       },
                     *       "error": null,
                     *       "status_url": "https://gateway.example/v1/generator_jobs/gjb_01m8kxwm9p9prsj4q0p78b89f1k136vrvz22",
                     *       "poll_after_seconds": null,
                     *       "created_at": "2026-11-29T15:13:30.934Z",
                     *       "ended_at": "2026-11-29T15:13:31.142Z"
                     *     }
                     */
                    "application/json": components["schemas"]["GeneratorJob"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of batches. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22",
                     *           "status": "completed",
                     *           "mode": "own_projects",
                     *           "concurrency": 4,
                     *           "counts": {
                     *             "total": 1,
                     *             "queued": 0,
                     *             "running": 0,
                     *             "completed": 1,
                     *             "failed": 0,
                     *             "needs_input": 0,
                     *             "cancelled": 0
                     *           },
                     *           "generator": null,
                     *           "project_id": null,
                     *           "credits": {
                     *             "amount": null,
                     *             "basis": "unknown"
                     *           },
                     *           "metadata": {},
                     *           "status_url": "https://gateway.example/v1/batches/bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22",
                     *           "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22/videos",
                     *           "poll_after_seconds": null,
                     *           "created_at": "2026-11-29T15:13:30.894Z",
                     *           "ended_at": "2026-11-29T15:13:31.666Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["BatchPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "prompt": "make a 1 second video"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewBatch"];
            };
        };
        responses: {
            /** @description The batch, in progress. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "bat_01m8kxwpjcwsyn42eca98b89f1k136vrvz22",
                     *       "status": "processing",
                     *       "mode": "own_projects",
                     *       "concurrency": 4,
                     *       "counts": {
                     *         "total": 1,
                     *         "queued": 1,
                     *         "running": 0,
                     *         "completed": 0,
                     *         "failed": 0,
                     *         "needs_input": 0,
                     *         "cancelled": 0
                     *       },
                     *       "generator": null,
                     *       "project_id": null,
                     *       "credits": {
                     *         "amount": 0,
                     *         "basis": "measured"
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/batches/bat_01m8kxwpjcwsyn42eca98b89f1k136vrvz22",
                     *       "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwpjcwsyn42eca98b89f1k136vrvz22/videos",
                     *       "poll_after_seconds": 10,
                     *       "created_at": "2026-11-29T15:13:33.260Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch, with the number of items in each status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22",
                     *       "status": "completed",
                     *       "mode": "own_projects",
                     *       "concurrency": 4,
                     *       "counts": {
                     *         "total": 1,
                     *         "queued": 0,
                     *         "running": 0,
                     *         "completed": 1,
                     *         "failed": 0,
                     *         "needs_input": 0,
                     *         "cancelled": 0
                     *       },
                     *       "generator": null,
                     *       "project_id": null,
                     *       "credits": {
                     *         "amount": null,
                     *         "basis": "unknown"
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/batches/bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22",
                     *       "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22/videos",
                     *       "poll_after_seconds": null,
                     *       "created_at": "2026-11-29T15:13:30.894Z",
                     *       "ended_at": "2026-11-29T15:13:31.666Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.videos": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                status?: components["schemas"]["VideoStatus"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of batch items. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "has_more": false,
                     *       "next_cursor": null,
                     *       "data": [
                     *         {
                     *           "index": 0,
                     *           "status": "completed",
                     *           "video": {
                     *             "id": "vid_01m8kxwm8n5qrwz4p4gk8b89f1k136vrvz22",
                     *             "status": "completed",
                     *             "stage": "done",
                     *             "progress": 100,
                     *             "elapsed_ms": 749,
                     *             "prompt": "make a 4 second clip of the sea",
                     *             "prompt_source": "caller",
                     *             "message": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *             "generator": null,
                     *             "batch_id": "bat_01m8kxwm8eebe1d6ssdx8b89f1k136vrvz22",
                     *             "project_id": "prj_01m8kxwm936j2w8x8w6z8b89f1k136vrvz22",
                     *             "turn_id": "trn_01m8kxwm975587jap8w88b89f1k136vrvz22",
                     *             "render_id": "rnd_01m8kxwmgvkqr8zesw5x8b89f1k136vrvz22",
                     *             "asset_ids": [],
                     *             "charged": "unknown",
                     *             "credits": {
                     *               "amount": null,
                     *               "basis": "unknown"
                     *             },
                     *             "error": null,
                     *             "metadata": {},
                     *             "status_url": "https://gateway.example/v1/videos/vid_01m8kxwm8n5qrwz4p4gk8b89f1k136vrvz22",
                     *             "events_url": "https://gateway.example/v1/videos/vid_01m8kxwm8n5qrwz4p4gk8b89f1k136vrvz22/events",
                     *             "download_url": "https://gateway.example/f/…",
                     *             "download_url_expires_at": "2026-12-06T15:00:00.000Z",
                     *             "size_bytes": 20526,
                     *             "duration_ms": 4000,
                     *             "width": 1920,
                     *             "height": 1080,
                     *             "content_url": "https://gateway.example/v1/videos/vid_01m8kxwm8n5qrwz4p4gk8b89f1k136vrvz22/content",
                     *             "cancel_url": "https://gateway.example/v1/videos/vid_01m8kxwm8n5qrwz4p4gk8b89f1k136vrvz22/cancel",
                     *             "poll_after_seconds": null,
                     *             "estimated_seconds": null,
                     *             "created_at": "2026-11-29T15:13:30.901Z",
                     *             "ended_at": "2026-11-29T15:13:31.650Z"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BatchItemPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.pause": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "status": "paused",
                     *       "mode": "own_projects",
                     *       "concurrency": 1,
                     *       "counts": {
                     *         "total": 9,
                     *         "queued": 9,
                     *         "running": 0,
                     *         "completed": 0,
                     *         "failed": 0,
                     *         "needs_input": 0,
                     *         "cancelled": 0
                     *       },
                     *       "generator": null,
                     *       "project_id": null,
                     *       "credits": {
                     *         "amount": 0,
                     *         "basis": "measured"
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22/videos",
                     *       "poll_after_seconds": 10,
                     *       "created_at": "2026-11-29T15:13:33.322Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.resume": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "status": "processing",
                     *       "mode": "own_projects",
                     *       "concurrency": 1,
                     *       "counts": {
                     *         "total": 9,
                     *         "queued": 9,
                     *         "running": 0,
                     *         "completed": 0,
                     *         "failed": 0,
                     *         "needs_input": 0,
                     *         "cancelled": 0
                     *       },
                     *       "generator": null,
                     *       "project_id": null,
                     *       "credits": {
                     *         "amount": 0,
                     *         "basis": "measured"
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22/videos",
                     *       "poll_after_seconds": 10,
                     *       "created_at": "2026-11-29T15:13:33.322Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "batches.cancel": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "status": "cancelled",
                     *       "mode": "own_projects",
                     *       "concurrency": 1,
                     *       "counts": {
                     *         "total": 9,
                     *         "queued": 0,
                     *         "running": 1,
                     *         "completed": 0,
                     *         "failed": 0,
                     *         "needs_input": 0,
                     *         "cancelled": 8
                     *       },
                     *       "generator": null,
                     *       "project_id": null,
                     *       "credits": {
                     *         "amount": 0,
                     *         "basis": "measured"
                     *       },
                     *       "metadata": {},
                     *       "status_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22",
                     *       "videos_url": "https://gateway.example/v1/batches/bat_01m8kxwpm9rafpmhypga8b89f1k136vrvz22/videos",
                     *       "poll_after_seconds": 10,
                     *       "created_at": "2026-11-29T15:13:33.322Z",
                     *       "ended_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["Batch"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.test": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewTest"];
            };
        };
        responses: {
            /** @description The delivery. Retrieve it again for the result. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01m8kxwpwmqk6r250hsf",
                     *       "event_id": "evt_zdbefptc5gtr70n95hvd",
                     *       "event_type": "turn.completed",
                     *       "target": {
                     *         "kind": "endpoint",
                     *         "id": "whk_01m8kxwkx61s16xw4re9"
                     *       },
                     *       "state": "pending",
                     *       "attempts": 0,
                     *       "last_status": null,
                     *       "last_answer": null,
                     *       "due_at": "2026-11-29T15:13:33.588Z",
                     *       "created_at": "2026-11-29T15:13:33.588Z",
                     *       "ended_at": null,
                     *       "log": []
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedDelivery"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwkx61s16xw4re9",
                     *       "url": "https://example.com/hooks/nemo",
                     *       "types": [
                     *         "*"
                     *       ],
                     *       "state": "enabled",
                     *       "disabled_by": null,
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:30.534Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.update": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookEndpointPatch"];
            };
        };
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwkx61s16xw4re9",
                     *       "url": "https://example.com/hooks/nemo",
                     *       "types": [
                     *         "*"
                     *       ],
                     *       "state": "enabled",
                     *       "disabled_by": null,
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:30.534Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.enable": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwkx61s16xw4re9",
                     *       "url": "https://example.com/hooks/nemo",
                     *       "types": [
                     *         "*"
                     *       ],
                     *       "state": "enabled",
                     *       "disabled_by": null,
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:30.534Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.recover": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": "2026-11-21T10:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["Recovery"];
            };
        };
        responses: {
            /** @description The endpoint. Its deliveries start. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwkx61s16xw4re9",
                     *       "url": "https://example.com/hooks/nemo",
                     *       "types": [
                     *         "*"
                     *       ],
                     *       "state": "enabled",
                     *       "disabled_by": null,
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:30.534Z"
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.list": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The endpoints. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "whk_01m8kxwkx61s16xw4re9",
                     *           "url": "https://example.com/hooks/nemo",
                     *           "types": [
                     *             "*"
                     *           ],
                     *           "state": "enabled",
                     *           "disabled_by": null,
                     *           "disabled_at": null,
                     *           "created_at": "2026-11-29T15:13:30.534Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["WebhookEndpointPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://example.com/hooks/nemo"
                 *     }
                 */
                "application/json": components["schemas"]["NewWebhookEndpoint"];
            };
        };
        responses: {
            /** @description The endpoint and its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwq0yd26ejc8wm1",
                     *       "url": "https://example.com/hooks/nemo",
                     *       "types": [
                     *         "*"
                     *       ],
                     *       "state": "enabled",
                     *       "disabled_by": null,
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:33.726Z",
                     *       "secret": "whsec_…"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedWebhookEndpoint"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.jwks": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "OKP",
                     *           "crv": "Ed25519",
                     *           "x": "…",
                     *           "use": "sig",
                     *           "alg": "EdDSA",
                     *           "kid": "whk_01m8kxwkx61s16xw4re9.1"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Jwks"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_secret.show": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "secret": "whsec_…",
                     *       "previous_until": null
                     *     }
                     */
                    "application/json": components["schemas"]["RotatedSecret"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_secret.rotate": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "secret": "whsec_…",
                     *       "previous_until": "2026-11-30T15:13:33.774Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RotatedSecret"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook_endpoints.rotate_secret": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "secret": "whsec_…",
                     *       "previous_until": "2026-11-30T15:13:33.797Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RotatedSecret"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.list": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hooks. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "whk_01m8kxwky1qby1ev2yk7",
                     *           "target_url": "https://example.com/hooks/nemo",
                     *           "event": "render.completed",
                     *           "state": "enabled",
                     *           "disabled_at": null,
                     *           "created_at": "2026-11-29T15:13:30.562Z"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["HookPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "target_url": "https://example.com/hooks/nemo",
                 *       "event": "turn.completed"
                 *     }
                 */
                "application/json": components["schemas"]["NewHook"];
            };
        };
        responses: {
            /** @description The existing hook, enabled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description The new hook. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "whk_01m8kxwq3vwy0sa5m0y0",
                     *       "target_url": "https://example.com/hooks/nemo",
                     *       "event": "turn.completed",
                     *       "state": "enabled",
                     *       "disabled_at": null,
                     *       "created_at": "2026-11-29T15:13:33.819Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Hook"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.delete_address": {
        parameters: {
            query: {
                target_url: string;
                event?: components["schemas"]["EventType"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hooks were deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.samples": {
        parameters: {
            query: {
                event: components["schemas"]["EventType"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An array of bodies, without an envelope. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example [
                     *       {
                     *         "id": "evt_c544hfrv7pd9228bmnx2",
                     *         "type": "turn.completed",
                     *         "occurred_at": "2026-11-29T15:13:31.202Z",
                     *         "mode": "test",
                     *         "sequence": 1,
                     *         "stale": false,
                     *         "turn_id": "trn_01m8kxwmckw57nnd60kh8b89f1k136vrvz22",
                     *         "project_id": "prj_01m8kxwmcdtw7f5fr3898b89f1k136vrvz22",
                     *         "status": "completed",
                     *         "intent": "chat",
                     *         "prompt": "make a 4 second clip of the sea",
                     *         "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *         "text_complete": true,
                     *         "charged": "unknown",
                     *         "credits_amount": null,
                     *         "credits_basis": "unknown",
                     *         "timeline_changed": true,
                     *         "timeline_summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *         "render_ids": "",
                     *         "language": null,
                     *         "error_code": null,
                     *         "error_title": null,
                     *         "error_detail": null,
                     *         "created_at": "2026-11-29T15:13:31.027Z",
                     *         "ended_at": "2026-11-29T15:13:31.200Z"
                     *       },
                     *       {
                     *         "id": "evt_aq2rvj5cm695fzjm999a",
                     *         "type": "turn.completed",
                     *         "occurred_at": "2026-11-29T15:13:31.101Z",
                     *         "mode": "test",
                     *         "sequence": 1,
                     *         "stale": false,
                     *         "turn_id": "trn_01m8kxwm975587jap8w88b89f1k136vrvz22",
                     *         "project_id": "prj_01m8kxwm936j2w8x8w6z8b89f1k136vrvz22",
                     *         "status": "completed",
                     *         "intent": "chat",
                     *         "prompt": "make a 4 second clip of the sea",
                     *         "text": "Your 4-second clip \"sea\" is ready. I will now add music, a title and effects.\n\nI added Lo-fi music at 35% and the title \"Sea\".",
                     *         "text_complete": true,
                     *         "charged": "unknown",
                     *         "credits_amount": null,
                     *         "credits_basis": "unknown",
                     *         "timeline_changed": true,
                     *         "timeline_summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *         "render_ids": "",
                     *         "language": null,
                     *         "error_code": null,
                     *         "error_title": null,
                     *         "error_detail": null,
                     *         "created_at": "2026-11-29T15:13:30.919Z",
                     *         "ended_at": "2026-11-29T15:13:31.100Z"
                     *       },
                     *       {
                     *         "id": "evt_wr07p3qx9ch84ddf268b",
                     *         "type": "turn.completed",
                     *         "occurred_at": "2026-11-29T15:13:31.057Z",
                     *         "mode": "test",
                     *         "sequence": 1,
                     *         "stale": false,
                     *         "turn_id": "trn_01m8kxwmamfgevavtvq58b89f1k136vrvz22",
                     *         "project_id": "prj_01m8kxwmajk1kcst36wf8b89f1k136vrvz22",
                     *         "status": "completed",
                     *         "intent": "chat",
                     *         "prompt": "Do not make or edit a video now. Write the recipe of a reusable video generator as one JSON object inside a code fence marked json. Its fields: name (at most 100 characters); description; prompt (what you will be asked for each video, with {{variable}} where a value goes); variables (a list of objects with name, made of a-z, 0-9 and _; type, one of text, number, boolean, choice; description; default, or null where the caller must send a value; choices for a choice; min and max for a number); needs_file (true where it makes nothing without an uploaded file); greeting; try_saying and tips (lists of at most 10 sentences). The prompt names every variable and no other. The generator that is wanted: quote cards",
                     *         "text": "```json\n{\n  \"name\": \"Quote card\",\n  \"prompt\": \"generate a {{seconds}}-second video with the title \\\"{{quote}}\\\" and {{mood}} music\",\n  \"variables\": [\n    {\n      \"name\": \"quote\",\n      \"type\": \"text\",\n      \"description\": \"The words.\"\n    },\n    {\n      \"name\": \"seconds\",\n      \"type\": \"number\",\n      \"default\": 8,\n      \"min\": 1,\n      \"max\": 60\n    },\n    {\n      \"name\": \"mood\",\n      \"type\": \"choice\",\n      \"choices\": [\n        \"calm\",\n        \"upbeat\"\n      ],\n      \"default\": \"calm\"\n    }\n  ]\n}\n```",
                     *         "text_complete": true,
                     *         "charged": "unknown",
                     *         "credits_amount": null,
                     *         "credits_basis": "unknown",
                     *         "timeline_changed": false,
                     *         "timeline_summary": "Timeline (0 tracks)",
                     *         "render_ids": "",
                     *         "language": null,
                     *         "error_code": null,
                     *         "error_title": null,
                     *         "error_detail": null,
                     *         "created_at": "2026-11-29T15:13:30.964Z",
                     *         "ended_at": "2026-11-29T15:13:31.057Z"
                     *       }
                     *     ]
                     */
                    "application/json": components["schemas"]["HookBody"][];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.test": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. Retrieve it again for the result. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01m8kxwq49axce3h7k2e",
                     *       "event_id": "evt_vcvnc2ncr14fv129excd",
                     *       "event_type": "render.completed",
                     *       "target": {
                     *         "kind": "hook",
                     *         "id": "whk_01m8kxwky1qby1ev2yk7"
                     *       },
                     *       "state": "pending",
                     *       "attempts": 0,
                     *       "last_status": null,
                     *       "last_answer": null,
                     *       "due_at": "2026-11-29T15:13:33.833Z",
                     *       "created_at": "2026-11-29T15:13:33.833Z",
                     *       "ended_at": null,
                     *       "log": []
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedDelivery"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "hooks.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hook was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "events.list": {
        parameters: {
            query?: {
                /** @description Return events after this cursor. */
                after?: number;
                limit?: number;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "evt_zm7hpscspk9m2cqgewcd",
                     *           "type": "timeline.changed",
                     *           "cursor": 1,
                     *           "timestamp": "2026-11-29T15:13:30.835Z",
                     *           "tenant": "ten_01m8kxwkqey7myh2a3g1",
                     *           "mode": "test",
                     *           "sequence": 1,
                     *           "data": {
                     *             "type": "timeline.changed",
                     *             "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *             "line": "Added video \"sea\" (0-4s); added BGM \"Lo-fi\" (0-4s, 35%); added title \"Sea\" (0-3s); length unknown → 4s.",
                     *             "diff": {
                     *               "changes": [
                     *                 {
                     *                   "kind": "track_added",
                     *                   "track_kind": "video",
                     *                   "track_number": 1,
                     *                   "label": "sea",
                     *                   "before": null,
                     *                   "after": {
                     *                     "start_ms": 0,
                     *                     "duration_ms": 4000,
                     *                     "volume": null,
                     *                     "text": null,
                     *                     "segments": 1
                     *                   }
                     *                 },
                     *                 {
                     *                   "kind": "track_added",
                     *                   "track_kind": "audio",
                     *                   "track_number": 2,
                     *                   "label": "Lo-fi",
                     *                   "before": null,
                     *                   "after": {
                     *                     "start_ms": 0,
                     *                     "duration_ms": 4000,
                     *                     "volume": 0.35,
                     *                     "text": null,
                     *                     "segments": 1
                     *                   }
                     *                 },
                     *                 {
                     *                   "kind": "track_added",
                     *                   "track_kind": "text",
                     *                   "track_number": 3,
                     *                   "label": "Sea",
                     *                   "before": null,
                     *                   "after": {
                     *                     "start_ms": 0,
                     *                     "duration_ms": 3000,
                     *                     "volume": null,
                     *                     "text": "Sea",
                     *                     "segments": 1
                     *                   }
                     *                 },
                     *                 {
                     *                   "kind": "duration_changed",
                     *                   "before": null,
                     *                   "after": 4000
                     *                 }
                     *               ],
                     *               "more": []
                     *             },
                     *             "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *             "turn_id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22"
                     *           }
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": 1
                     *     }
                     */
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "events.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "evt_zm7hpscspk9m2cqgewcd",
                     *       "type": "timeline.changed",
                     *       "cursor": 1,
                     *       "timestamp": "2026-11-29T15:13:30.835Z",
                     *       "tenant": "ten_01m8kxwkqey7myh2a3g1",
                     *       "mode": "test",
                     *       "sequence": 1,
                     *       "data": {
                     *         "type": "timeline.changed",
                     *         "summary": "Timeline (3 tracks): 1. Video: sea (0-4s) 2. BGM: Lo-fi (0-4s, 35%) 3. Title: \"Sea\" (0-3s)",
                     *         "line": "Added video \"sea\" (0-4s); added BGM \"Lo-fi\" (0-4s, 35%); added title \"Sea\" (0-3s); length unknown → 4s.",
                     *         "diff": {
                     *           "changes": [
                     *             {
                     *               "kind": "track_added",
                     *               "track_kind": "video",
                     *               "track_number": 1,
                     *               "label": "sea",
                     *               "before": null,
                     *               "after": {
                     *                 "start_ms": 0,
                     *                 "duration_ms": 4000,
                     *                 "volume": null,
                     *                 "text": null,
                     *                 "segments": 1
                     *               }
                     *             },
                     *             {
                     *               "kind": "track_added",
                     *               "track_kind": "audio",
                     *               "track_number": 2,
                     *               "label": "Lo-fi",
                     *               "before": null,
                     *               "after": {
                     *                 "start_ms": 0,
                     *                 "duration_ms": 4000,
                     *                 "volume": 0.35,
                     *                 "text": null,
                     *                 "segments": 1
                     *               }
                     *             },
                     *             {
                     *               "kind": "track_added",
                     *               "track_kind": "text",
                     *               "track_number": 3,
                     *               "label": "Sea",
                     *               "before": null,
                     *               "after": {
                     *                 "start_ms": 0,
                     *                 "duration_ms": 3000,
                     *                 "volume": null,
                     *                 "text": "Sea",
                     *                 "segments": 1
                     *               }
                     *             },
                     *             {
                     *               "kind": "duration_changed",
                     *               "before": null,
                     *               "after": 4000
                     *             }
                     *           ],
                     *           "more": []
                     *         },
                     *         "project_id": "prj_01m8kxwm01fe72kwvs1a8b89f1k136vrvz22",
                     *         "turn_id": "trn_01m8kxwm1bn9kdn5bk8m8b89f1k136vrvz22"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Event"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "deliveries.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                state?: components["schemas"]["DeliveryState"];
                target_id?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "dlv_01m8kxwn14z4g90zcxv6",
                     *           "event_id": "evt_jy9mn68r28vewbbsvn76",
                     *           "event_type": "batch.completed",
                     *           "target": {
                     *             "kind": "endpoint",
                     *             "id": "whk_01m8kxwkx61s16xw4re9"
                     *           },
                     *           "state": "pending",
                     *           "attempts": 2,
                     *           "last_status": null,
                     *           "last_answer": "no connection",
                     *           "due_at": "2026-11-29T15:13:36.780Z",
                     *           "created_at": "2026-11-29T15:13:31.684Z",
                     *           "ended_at": null
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "dlv_01m8kxwn14z4g90zcxv6"
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "deliveries.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01m8kxwmz6x0w57nmkfc",
                     *       "event_id": "evt_7mxywt8x8vmf89ynw3n9",
                     *       "event_type": "render.completed",
                     *       "target": {
                     *         "kind": "endpoint",
                     *         "id": "whk_01m8kxwkx61s16xw4re9"
                     *       },
                     *       "state": "pending",
                     *       "attempts": 2,
                     *       "last_status": null,
                     *       "last_answer": "no connection",
                     *       "due_at": "2026-11-29T15:13:36.691Z",
                     *       "created_at": "2026-11-29T15:13:31.622Z",
                     *       "ended_at": null,
                     *       "log": [
                     *         {
                     *           "attempt": 1,
                     *           "at": "2026-11-29T15:13:31.665Z",
                     *           "took_ms": 7,
                     *           "status": null,
                     *           "error": "no connection",
                     *           "answer": ""
                     *         },
                     *         {
                     *           "attempt": 2,
                     *           "at": "2026-11-29T15:13:31.766Z",
                     *           "took_ms": 3,
                     *           "status": null,
                     *           "error": "no connection",
                     *           "answer": ""
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedDelivery"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "deliveries.retry": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery, `pending`. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "dlv_01m8kxwmz6x0w57nmkfc",
                     *       "event_id": "evt_7mxywt8x8vmf89ynw3n9",
                     *       "event_type": "render.completed",
                     *       "target": {
                     *         "kind": "endpoint",
                     *         "id": "whk_01m8kxwkx61s16xw4re9"
                     *       },
                     *       "state": "pending",
                     *       "attempts": 2,
                     *       "last_status": null,
                     *       "last_answer": "no connection",
                     *       "due_at": "2026-11-29T15:13:33.868Z",
                     *       "created_at": "2026-11-29T15:13:31.622Z",
                     *       "ended_at": null,
                     *       "log": [
                     *         {
                     *           "attempt": 1,
                     *           "at": "2026-11-29T15:13:31.665Z",
                     *           "took_ms": 7,
                     *           "status": null,
                     *           "error": "no connection",
                     *           "answer": ""
                     *         },
                     *         {
                     *           "attempt": 2,
                     *           "at": "2026-11-29T15:13:31.766Z",
                     *           "took_ms": 3,
                     *           "status": null,
                     *           "error": "no connection",
                     *           "answer": ""
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedDelivery"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "users.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of users. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "ada",
                     *           "state": "active",
                     *           "created_at": "2026-11-29T15:13:30.630Z",
                     *           "deletion": null
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["UserPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "users.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                /** @description Your own id of the user, as in `X-User-Id`, percent-encoded. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "ada",
                     *       "state": "active",
                     *       "created_at": "2026-11-29T15:13:30.630Z",
                     *       "deletion": null
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "users.delete": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                /** @description Your own id of the user, as in `X-User-Id`, percent-encoded. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user, `deleting`. Retrieve the user again for the receipt. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "ada",
                     *       "state": "deleting",
                     *       "created_at": "2026-11-29T15:13:30.630Z",
                     *       "deletion": {
                     *         "requested_at": "2026-11-29T15:13:34.343Z",
                     *         "completed_at": null,
                     *         "removed": {
                     *           "projects": 10,
                     *           "turns": 11,
                     *           "assets": 2,
                     *           "renders": 7,
                     *           "videos": 6,
                     *           "files": 0,
                     *           "file_bytes": 0,
                     *           "events": 0,
                     *           "deliveries": 0
                     *         },
                     *         "settled": {
                     *           "turns": 0,
                     *           "credits": 0,
                     *           "unknown_turns": 0
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["User"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "users.tokens.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Your own id of the user, as in `X-User-Id`, percent-encoded. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewUserToken"];
            };
        };
        responses: {
            /** @description The token. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "token": "eyJ…",
                     *       "user_id": "ada",
                     *       "scopes": [
                     *         "read",
                     *         "chat",
                     *         "upload",
                     *         "render"
                     *       ],
                     *       "expires_at": "2026-11-29T16:13:33.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["UserToken"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "users.sign_out": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Your own id of the user, as in `X-User-Id`, percent-encoded. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The time of the sign-out. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "user_id": "ada",
                     *       "signed_out_at": "2026-11-29T15:13:33.954Z"
                     *     }
                     */
                    "application/json": components["schemas"]["SignedOut"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "keys.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "key_01m8kxwkz8c7nmn0mcr9",
                     *           "name": "another",
                     *           "mode": "test",
                     *           "scopes": [
                     *             "read"
                     *           ],
                     *           "hint": "ngw_test_cM0h",
                     *           "created_at": "2026-11-29T15:13:30.600Z",
                     *           "expires_at": null,
                     *           "last_used_on": null,
                     *           "rotated_at": null,
                     *           "replaces": null,
                     *           "revoked_at": null,
                     *           "session_of": null,
                     *           "app": null
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "key_01m8kxwkz8c7nmn0mcr9"
                     *     }
                     */
                    "application/json": components["schemas"]["KeyPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "keys.create": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description The key and its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01m8kxwqbqp3nfbx17wx",
                     *       "name": "default",
                     *       "mode": "test",
                     *       "scopes": [
                     *         "read",
                     *         "chat",
                     *         "upload",
                     *         "render",
                     *         "webhooks",
                     *         "keys"
                     *       ],
                     *       "hint": "ngw_test_LMb7",
                     *       "created_at": "2026-11-29T15:13:34.071Z",
                     *       "expires_at": null,
                     *       "last_used_on": null,
                     *       "rotated_at": null,
                     *       "replaces": null,
                     *       "revoked_at": null,
                     *       "session_of": null,
                     *       "app": null,
                     *       "secret": "ngw_test_…"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "keys.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01m8kxwkz8c7nmn0mcr9",
                     *       "name": "another",
                     *       "mode": "test",
                     *       "scopes": [
                     *         "read"
                     *       ],
                     *       "hint": "ngw_test_cM0h",
                     *       "created_at": "2026-11-29T15:13:30.600Z",
                     *       "expires_at": null,
                     *       "last_used_on": null,
                     *       "rotated_at": null,
                     *       "replaces": null,
                     *       "revoked_at": null,
                     *       "session_of": null,
                     *       "app": null
                     *     }
                     */
                    "application/json": components["schemas"]["Key"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "keys.revoke": {
        parameters: {
            query?: {
                force?: "true" | "false";
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The revoked key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01m8kxwkz8c7nmn0mcr9",
                     *       "name": "another",
                     *       "mode": "test",
                     *       "scopes": [
                     *         "read"
                     *       ],
                     *       "hint": "ngw_test_cM0h",
                     *       "created_at": "2026-11-29T15:13:30.600Z",
                     *       "expires_at": null,
                     *       "last_used_on": null,
                     *       "rotated_at": "2026-11-29T15:13:34.103Z",
                     *       "replaces": null,
                     *       "revoked_at": "2026-11-29T15:13:34.379Z",
                     *       "session_of": null,
                     *       "app": null
                     *     }
                     */
                    "application/json": components["schemas"]["Key"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "keys.rotate": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
                /** @description Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "grace_seconds": 3600
                 *     }
                 */
                "application/json": components["schemas"]["KeyRotation"];
            };
        };
        responses: {
            /** @description The new key and its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "key_01m8kxwqcqnb2dj8h1an",
                     *       "name": "another",
                     *       "mode": "test",
                     *       "scopes": [
                     *         "read"
                     *       ],
                     *       "hint": "ngw_test_fO4V",
                     *       "created_at": "2026-11-29T15:13:34.103Z",
                     *       "expires_at": null,
                     *       "last_used_on": null,
                     *       "rotated_at": null,
                     *       "replaces": "key_01m8kxwkz8c7nmn0mcr9",
                     *       "revoked_at": null,
                     *       "session_of": null,
                     *       "app": null,
                     *       "secret": "ngw_test_…"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "audit_log.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of audit log entries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "aud_01m8kxwkz8sz73jxwchy",
                     *           "happened_at": "2026-11-29T15:13:30.600Z",
                     *           "actor": "key_01m8kxwkrfshzp1rrd7c",
                     *           "action": "key.created",
                     *           "target": "key_01m8kxwkz8c7nmn0mcr9",
                     *           "mode": "test",
                     *           "request_id": "req_g92jsnqhydcgcvr1jr4pc4mc",
                     *           "detail": {
                     *             "scopes": [
                     *               "read"
                     *             ],
                     *             "expires_at": null
                     *           }
                     *         }
                     *       ],
                     *       "has_more": true,
                     *       "next_cursor": "aud_01m8kxwkz8sz73jxwchy"
                     *     }
                     */
                    "application/json": components["schemas"]["AuditEntryPage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "me.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The credential, its limits and its current event cursor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "tenant": {
                     *         "id": "ten_01m8kxwkqey7myh2a3g1",
                     *         "name": "Acme"
                     *       },
                     *       "user": "ada",
                     *       "mode": "test",
                     *       "scopes": [
                     *         "read",
                     *         "chat",
                     *         "upload",
                     *         "render",
                     *         "webhooks",
                     *         "keys"
                     *       ],
                     *       "limits": {
                     *         "upload_bytes": 500000000,
                     *         "request_bytes": 95000000,
                     *         "prompt_bytes": 20000,
                     *         "formats": [
                     *           "mp4",
                     *           "mov",
                     *           "avi",
                     *           "webm",
                     *           "mkv",
                     *           "jpg",
                     *           "png",
                     *           "gif",
                     *           "webp",
                     *           "mp3",
                     *           "wav",
                     *           "m4a",
                     *           "aac"
                     *         ],
                     *         "chunk_advice_bytes": 10485760
                     *       },
                     *       "quotas": {
                     *         "concurrent_turns": {
                     *           "limit": 33,
                     *           "remaining": 33,
                     *           "resets_in_seconds": null
                     *         },
                     *         "renders_per_day": {
                     *           "limit": 666,
                     *           "remaining": 663,
                     *           "resets_in_seconds": 31588
                     *         },
                     *         "bytes_per_day": {
                     *           "limit": 16666666666,
                     *           "remaining": 16666666590,
                     *           "resets_in_seconds": 31588
                     *         },
                     *         "new_users_per_day": {
                     *           "limit": 2000,
                     *           "remaining": 1999,
                     *           "resets_in_seconds": 31588
                     *         }
                     *       },
                     *       "nemo_token": {
                     *         "source": "sandbox",
                     *         "state": "ready",
                     *         "expires_at": "2026-12-06T15:13:30.000Z",
                     *         "next_try_at": null
                     *       },
                     *       "events_cursor": 16
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "usage.list": {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                after?: string;
                by?: "day" | "user" | "key";
                /** @description The first day, in UTC. Defaults to the 30 days up to `to`. The period is at most 92 days. */
                from?: string;
                /** @description The last day, in UTC. Defaults to today. */
                to?: string;
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of usage by day, user or key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "day": "2026-11-29",
                     *           "turns": {
                     *             "completed": 4,
                     *             "failed": 0,
                     *             "unknown": 0
                     *           },
                     *           "credits": {
                     *             "measured": 100,
                     *             "estimated": 0,
                     *             "unknown_turns": 3
                     *           },
                     *           "renders": {
                     *             "completed": 3,
                     *             "failed": 0
                     *           },
                     *           "upload_bytes": 70,
                     *           "render_bytes": 61578,
                     *           "deliveries": {
                     *             "delivered": 0,
                     *             "failed": 0
                     *           }
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null,
                     *       "from": "2026-10-31",
                     *       "to": "2026-11-29"
                     *     }
                     */
                    "application/json": components["schemas"]["UsagePage"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "credits.retrieve": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The balance. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "available": 999650,
                     *       "frozen": 0,
                     *       "total": 999650,
                     *       "read_at": "2026-11-29T15:13:32.362Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Credits"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "nemo_token.retrieve": {
        parameters: {
            query?: {
                /** @description The stored token of the user or of the tenant. Defaults to the token in use. */
                for?: components["schemas"]["TokenOwner"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token's status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "source": "sandbox",
                     *       "state": "ready",
                     *       "expires_at": "2026-12-06T15:13:30.000Z",
                     *       "next_try_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["NemoToken"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "nemo_token.set": {
        parameters: {
            query?: never;
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "for": "user",
                 *       "token": "nmv_usr_sandbox_0123456789abcdef"
                 *     }
                 */
                "application/json": components["schemas"]["NewNemoToken"];
            };
        };
        responses: {
            /** @description The token's status. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "source": "user",
                     *       "state": "ready",
                     *       "expires_at": null,
                     *       "next_try_at": null
                     *     }
                     */
                    "application/json": components["schemas"]["NemoToken"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "nemo_token.delete": {
        parameters: {
            query: {
                for: components["schemas"]["TokenOwner"];
            };
            header?: {
                /** @description Your own id of the end user. Required to create resources for a user, and to list what belongs to one user. */
                "X-User-Id"?: components["parameters"]["UserId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token was deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "health.retrieve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The gateway is healthy. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "database": "reachable",
                     *       "oldest_overdue_seconds": 0,
                     *       "problem": null
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The gateway is misconfigured, its database is unreachable, or a job is overdue by more than 10 minutes. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            "4XX": components["responses"]["Problem"];
            "5XX": components["responses"]["Problem"];
        };
    };
    "webhook.turn.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "intent": "chat",
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "channel": "api",
                 *         "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *         "text": "Your clip is ready.",
                 *         "text_complete": true,
                 *         "charged": "yes",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "timeline": {
                 *           "changed": true,
                 *           "summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)"
                 *         },
                 *         "evidence": {
                 *           "stream": "closed",
                 *           "timeline": "changed",
                 *           "balance": "lower"
                 *         },
                 *         "error": null,
                 *         "language": "en",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "render_ids": [
                 *           "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "events_url": "https://gateway.example/v1/turns/trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "sent_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["TurnCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.turn.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "intent": "chat",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "channel": "api",
                 *       "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *       "text": "Your clip is ready.",
                 *       "text_complete": true,
                 *       "charged": "yes",
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "timeline_changed": true,
                 *       "timeline_summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
                 *       "render_ids": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "language": "en",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["TurnCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.turn.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.failed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "failed",
                 *         "intent": "chat",
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "channel": "api",
                 *         "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *         "text": null,
                 *         "text_complete": false,
                 *         "charged": "no",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "timeline": {
                 *           "changed": true,
                 *           "summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)"
                 *         },
                 *         "evidence": {
                 *           "stream": "closed",
                 *           "timeline": "changed",
                 *           "balance": "lower"
                 *         },
                 *         "error": {
                 *           "code": "nemo_unavailable",
                 *           "title": "The video service is not responding",
                 *           "detail": "Try it again.",
                 *           "retryable": true
                 *         },
                 *         "language": "en",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "render_ids": [
                 *           "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "events_url": "https://gateway.example/v1/turns/trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "sent_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["TurnFailedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.turn.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.failed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "failed",
                 *       "intent": "chat",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "channel": "api",
                 *       "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *       "text": null,
                 *       "text_complete": false,
                 *       "charged": "no",
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "timeline_changed": true,
                 *       "timeline_summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
                 *       "render_ids": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "language": "en",
                 *       "error_code": "nemo_unavailable",
                 *       "error_title": "The video service is not responding",
                 *       "error_detail": "Try it again.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["TurnFailedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.turn.unknown": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.unknown",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "unknown",
                 *         "intent": "chat",
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "channel": "api",
                 *         "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *         "text": "Your clip is ready.",
                 *         "text_complete": false,
                 *         "charged": "unknown",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "timeline": {
                 *           "changed": true,
                 *           "summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)"
                 *         },
                 *         "evidence": {
                 *           "stream": "closed",
                 *           "timeline": "changed",
                 *           "balance": "lower"
                 *         },
                 *         "error": null,
                 *         "language": "en",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "render_ids": [
                 *           "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "events_url": "https://gateway.example/v1/turns/trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "sent_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["TurnUnknownWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.turn.unknown": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "turn.unknown",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "unknown",
                 *       "intent": "chat",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "channel": "api",
                 *       "key_id": "key_01jd8m3k5xq2w4v7z9ab",
                 *       "text": "Your clip is ready.",
                 *       "text_complete": false,
                 *       "charged": "unknown",
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "timeline_changed": true,
                 *       "timeline_summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
                 *       "render_ids": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "language": "en",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["TurnUnknownHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.timeline.changed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "timeline.changed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "type": "timeline.changed",
                 *         "diff": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
                 *         "line": "Added a BGM track."
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["TimelineChangedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.timeline.changed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "timeline.changed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "summary": "Timeline (2 tracks): 1. Video: clip (0-15s) 2. BGM: Lo-fi (0-15s, 35%)",
                 *       "line": "Added a BGM track."
                 *     }
                 */
                "application/json": components["schemas"]["TimelineChangedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.upload.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "source": "sent",
                 *         "filename": "clip.mp4",
                 *         "size_bytes": 4200000,
                 *         "offset_bytes": 4200000,
                 *         "asset_id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "error": null,
                 *         "concat": null,
                 *         "content_url": "https://gateway.example/v1/uploads/upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "expires_at": "2026-11-22T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["UploadCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.upload.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "upload_id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "filename": "clip.mp4",
                 *       "size_bytes": 4200000,
                 *       "asset_id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "expires_at": "2026-11-22T10:00:00.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["UploadCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.upload.expired": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.expired",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "expired",
                 *         "source": "sent",
                 *         "filename": "clip.mp4",
                 *         "size_bytes": 4200000,
                 *         "offset_bytes": 4200000,
                 *         "asset_id": null,
                 *         "error": null,
                 *         "concat": null,
                 *         "content_url": "https://gateway.example/v1/uploads/upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "expires_at": "2026-11-22T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["UploadExpiredWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.upload.expired": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.expired",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "upload_id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "expired",
                 *       "filename": "clip.mp4",
                 *       "size_bytes": 4200000,
                 *       "asset_id": null,
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "expires_at": "2026-11-22T10:00:00.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["UploadExpiredHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.upload.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.failed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "failed",
                 *         "source": "sent",
                 *         "filename": "clip.mp4",
                 *         "size_bytes": 4200000,
                 *         "offset_bytes": 4200000,
                 *         "asset_id": null,
                 *         "error": {
                 *           "code": "nemo_unavailable",
                 *           "title": "The video service is not responding",
                 *           "detail": "Try it again.",
                 *           "retryable": true
                 *         },
                 *         "concat": null,
                 *         "content_url": "https://gateway.example/v1/uploads/upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "expires_at": "2026-11-22T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["UploadFailedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.upload.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "upload.failed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "upload_id": "upl_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "failed",
                 *       "filename": "clip.mp4",
                 *       "size_bytes": 4200000,
                 *       "asset_id": null,
                 *       "error_code": "nemo_unavailable",
                 *       "error_title": "The video service is not responding",
                 *       "error_detail": "Try it again.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "expires_at": "2026-11-22T10:00:00.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["UploadFailedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.asset.ready": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "asset.ready",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "ready",
                 *         "filename": "clip.mp4",
                 *         "kind": "video",
                 *         "content_type": "video/mp4",
                 *         "download_url": "https://gateway.example/f/sample",
                 *         "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *         "size_bytes": 4200000,
                 *         "duration_ms": 12000,
                 *         "width": 1080,
                 *         "height": 1920,
                 *         "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *         "error": null,
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["AssetReadyWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.asset.ready": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "asset.ready",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "asset_id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "ready",
                 *       "filename": "clip.mp4",
                 *       "kind": "video",
                 *       "content_type": "video/mp4",
                 *       "download_url": "https://gateway.example/f/sample",
                 *       "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *       "size_bytes": 4200000,
                 *       "duration_ms": 12000,
                 *       "width": 1080,
                 *       "height": 1920,
                 *       "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["AssetReadyHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.asset.rejected": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "asset.rejected",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "rejected",
                 *         "filename": "clip.mp4",
                 *         "kind": "video",
                 *         "content_type": "video/mp4",
                 *         "download_url": null,
                 *         "download_url_expires_at": null,
                 *         "size_bytes": 4200000,
                 *         "duration_ms": 12000,
                 *         "width": 1080,
                 *         "height": 1920,
                 *         "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *         "error": null,
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["AssetRejectedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.asset.rejected": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "asset.rejected",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "asset_id": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "rejected",
                 *       "filename": "clip.mp4",
                 *       "kind": "video",
                 *       "content_type": "video/mp4",
                 *       "download_url": null,
                 *       "download_url_expires_at": null,
                 *       "size_bytes": 4200000,
                 *       "duration_ms": 12000,
                 *       "width": 1080,
                 *       "height": 1920,
                 *       "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["AssetRejectedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.render.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "render.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "stage": null,
                 *         "progress": 100,
                 *         "output": {
                 *           "format": "mp4",
                 *           "quality": "high"
                 *         },
                 *         "file": {
                 *           "size_bytes": 9500000,
                 *           "etag": "\"b5bb9d8014a0f9b1\"",
                 *           "content_type": "video/mp4",
                 *           "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *           "duration_ms": 15000,
                 *           "width": 1920,
                 *           "height": 1080,
                 *           "codec": "h264",
                 *           "expires_at": "2026-12-21T10:02:30.000Z"
                 *         },
                 *         "download_url": "https://gateway.example/f/sample",
                 *         "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *         "size_bytes": 9500000,
                 *         "duration_ms": 15000,
                 *         "width": 1920,
                 *         "height": 1080,
                 *         "content_url": "https://gateway.example/v1/renders/rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "reused_from": null,
                 *         "warnings": [],
                 *         "attempts": [],
                 *         "error": null,
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "next_check_at": null,
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["RenderCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.render.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "render.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "reused_from": null,
                 *       "format": "mp4",
                 *       "quality": "high",
                 *       "download_url": "https://gateway.example/f/sample",
                 *       "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *       "size_bytes": 9500000,
                 *       "duration_ms": 15000,
                 *       "width": 1920,
                 *       "height": 1080,
                 *       "codec": "h264",
                 *       "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                 *       "warnings": "",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["RenderCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.render.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "render.failed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "failed",
                 *         "stage": null,
                 *         "progress": 50,
                 *         "output": {
                 *           "format": "mp4",
                 *           "quality": "high"
                 *         },
                 *         "file": null,
                 *         "download_url": null,
                 *         "download_url_expires_at": null,
                 *         "size_bytes": null,
                 *         "duration_ms": null,
                 *         "width": null,
                 *         "height": null,
                 *         "content_url": null,
                 *         "reused_from": null,
                 *         "warnings": [],
                 *         "attempts": [],
                 *         "error": {
                 *           "code": "nemo_unavailable",
                 *           "title": "The video service is not responding",
                 *           "detail": "Try it again.",
                 *           "retryable": true
                 *         },
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "next_check_at": null,
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["RenderFailedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.render.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "render.failed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "failed",
                 *       "reused_from": null,
                 *       "format": "mp4",
                 *       "quality": "high",
                 *       "download_url": null,
                 *       "download_url_expires_at": null,
                 *       "size_bytes": null,
                 *       "duration_ms": null,
                 *       "width": null,
                 *       "height": null,
                 *       "codec": null,
                 *       "sha256": null,
                 *       "warnings": "",
                 *       "error_code": "nemo_unavailable",
                 *       "error_title": "The video service is not responding",
                 *       "error_detail": "Try it again.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["RenderFailedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.video.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "stage": "done",
                 *         "progress": 100,
                 *         "elapsed_ms": 150000,
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "message": "Your clip is ready.",
                 *         "generator": null,
                 *         "batch_id": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "asset_ids": [
                 *           "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "charged": "yes",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "error": null,
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "status_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "events_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "download_url": "https://gateway.example/f/sample",
                 *         "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *         "size_bytes": 9500000,
                 *         "duration_ms": 15000,
                 *         "width": 1920,
                 *         "height": 1080,
                 *         "content_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "cancel_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/cancel",
                 *         "poll_after_seconds": null,
                 *         "estimated_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["VideoCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.video.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "stage": "done",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "message": "Your clip is ready.",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "render_id": "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": "yes",
                 *       "download_url": "https://gateway.example/f/sample",
                 *       "download_url_expires_at": "2026-11-28T10:00:00.000Z",
                 *       "size_bytes": 9500000,
                 *       "duration_ms": 15000,
                 *       "width": 1920,
                 *       "height": 1080,
                 *       "generator": null,
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["VideoCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.video.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.failed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "failed",
                 *         "stage": "done",
                 *         "progress": 100,
                 *         "elapsed_ms": 150000,
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "message": "Your clip is ready.",
                 *         "generator": null,
                 *         "batch_id": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "render_id": null,
                 *         "asset_ids": [
                 *           "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "charged": "no",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "error": {
                 *           "code": "nemo_unavailable",
                 *           "title": "The video service is not responding",
                 *           "detail": "Try it again.",
                 *           "retryable": true
                 *         },
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "status_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "events_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "download_url": null,
                 *         "download_url_expires_at": null,
                 *         "size_bytes": null,
                 *         "duration_ms": null,
                 *         "width": null,
                 *         "height": null,
                 *         "content_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "cancel_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/cancel",
                 *         "poll_after_seconds": null,
                 *         "estimated_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["VideoFailedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.video.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.failed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "failed",
                 *       "stage": "done",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "message": "Your clip is ready.",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "render_id": null,
                 *       "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": "no",
                 *       "download_url": null,
                 *       "download_url_expires_at": null,
                 *       "size_bytes": null,
                 *       "duration_ms": null,
                 *       "width": null,
                 *       "height": null,
                 *       "generator": null,
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "error_code": "nemo_unavailable",
                 *       "error_title": "The video service is not responding",
                 *       "error_detail": "Try it again.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["VideoFailedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.video.cancelled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.cancelled",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "cancelled",
                 *         "stage": "turn",
                 *         "progress": 40,
                 *         "elapsed_ms": 150000,
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "message": "Your clip is ready.",
                 *         "generator": null,
                 *         "batch_id": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "render_id": null,
                 *         "asset_ids": [
                 *           "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "charged": null,
                 *         "credits": null,
                 *         "error": {
                 *           "code": "cancelled",
                 *           "title": "Cancelled",
                 *           "detail": "The video was cancelled.",
                 *           "retryable": false
                 *         },
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "status_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "events_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "download_url": null,
                 *         "download_url_expires_at": null,
                 *         "size_bytes": null,
                 *         "duration_ms": null,
                 *         "width": null,
                 *         "height": null,
                 *         "content_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "cancel_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/cancel",
                 *         "poll_after_seconds": null,
                 *         "estimated_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["VideoCancelledWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.video.cancelled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.cancelled",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "cancelled",
                 *       "stage": "turn",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "message": "Your clip is ready.",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "render_id": null,
                 *       "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": null,
                 *       "download_url": null,
                 *       "download_url_expires_at": null,
                 *       "size_bytes": null,
                 *       "duration_ms": null,
                 *       "width": null,
                 *       "height": null,
                 *       "generator": null,
                 *       "credits_amount": null,
                 *       "credits_basis": null,
                 *       "error_code": "cancelled",
                 *       "error_title": "Cancelled",
                 *       "error_detail": "The video was cancelled.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["VideoCancelledHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.video.needs_input": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.needs_input",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "needs_input",
                 *         "stage": "timeline",
                 *         "progress": 60,
                 *         "elapsed_ms": 150000,
                 *         "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *         "prompt_source": "caller",
                 *         "message": "Which of the two songs shall I take?",
                 *         "generator": null,
                 *         "batch_id": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "render_id": null,
                 *         "asset_ids": [
                 *           "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv"
                 *         ],
                 *         "charged": "yes",
                 *         "credits": {
                 *           "amount": 12,
                 *           "basis": "measured"
                 *         },
                 *         "error": null,
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "status_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "events_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/events",
                 *         "download_url": null,
                 *         "download_url_expires_at": null,
                 *         "size_bytes": null,
                 *         "duration_ms": null,
                 *         "width": null,
                 *         "height": null,
                 *         "content_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/content",
                 *         "cancel_url": "https://gateway.example/v1/videos/vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/cancel",
                 *         "poll_after_seconds": null,
                 *         "estimated_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["VideoNeedsInputWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.video.needs_input": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "video.needs_input",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "video_id": "vid_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "needs_input",
                 *       "stage": "timeline",
                 *       "prompt": "turn this video into a new short promotional clip with music and transitions",
                 *       "message": "Which of the two songs shall I take?",
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "render_id": null,
                 *       "asset_ids": "ast_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": "yes",
                 *       "download_url": null,
                 *       "download_url_expires_at": null,
                 *       "size_bytes": null,
                 *       "duration_ms": null,
                 *       "width": null,
                 *       "height": null,
                 *       "generator": null,
                 *       "credits_amount": 12,
                 *       "credits_basis": "measured",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["VideoNeedsInputHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.batch.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "batch.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "mode": "own_projects",
                 *         "concurrency": 4,
                 *         "counts": {
                 *           "total": 10,
                 *           "completed": 9,
                 *           "failed": 1,
                 *           "running": 0,
                 *           "queued": 0,
                 *           "needs_input": 0,
                 *           "cancelled": 0
                 *         },
                 *         "generator": null,
                 *         "project_id": null,
                 *         "credits": {
                 *           "amount": 108,
                 *           "basis": "measured"
                 *         },
                 *         "metadata": {
                 *           "order": "1234"
                 *         },
                 *         "status_url": "https://gateway.example/v1/batches/bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "videos_url": "https://gateway.example/v1/batches/bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv/videos",
                 *         "poll_after_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["BatchCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.batch.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "batch.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "batch_id": "bat_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "batch_mode": "own_projects",
                 *       "total": 10,
                 *       "completed": 9,
                 *       "failed": 1,
                 *       "needs_input": 0,
                 *       "cancelled": 0,
                 *       "project_id": null,
                 *       "generator": null,
                 *       "credits_amount": 108,
                 *       "credits_basis": "measured",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z",
                 *       "metadata_order": "1234"
                 *     }
                 */
                "application/json": components["schemas"]["BatchCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.generator_job.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "generator_job.completed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "completed",
                 *         "description": "create a generator that turns product photos into promo videos with music and captions",
                 *         "generator_id": "gen_01jd8m3k5xq2w4v7z9ab",
                 *         "slug": "product-promo",
                 *         "made_by": "agent",
                 *         "fault": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "charged": "yes",
                 *         "credits": {
                 *           "amount": 1,
                 *           "basis": "measured"
                 *         },
                 *         "error": null,
                 *         "status_url": "https://gateway.example/v1/generator_jobs/gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "poll_after_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["GeneratorJobCompletedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.generator_job.completed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "generator_job.completed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "generator_job_id": "gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "completed",
                 *       "description": "create a generator that turns product photos into promo videos with music and captions",
                 *       "generator_id": "gen_01jd8m3k5xq2w4v7z9ab",
                 *       "slug": "product-promo",
                 *       "made_by": "agent",
                 *       "fault": null,
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": "yes",
                 *       "credits_amount": 1,
                 *       "credits_basis": "measured",
                 *       "error_code": null,
                 *       "error_title": null,
                 *       "error_detail": null,
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["GeneratorJobCompletedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.generator_job.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "generator_job.failed",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "status": "failed",
                 *         "description": "create a generator that turns product photos into promo videos with music and captions",
                 *         "generator_id": null,
                 *         "slug": null,
                 *         "made_by": null,
                 *         "fault": null,
                 *         "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "charged": "no",
                 *         "credits": {
                 *           "amount": 1,
                 *           "basis": "measured"
                 *         },
                 *         "error": {
                 *           "code": "nemo_unavailable",
                 *           "title": "The video service is not responding",
                 *           "detail": "Try it again.",
                 *           "retryable": true
                 *         },
                 *         "status_url": "https://gateway.example/v1/generator_jobs/gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "poll_after_seconds": null,
                 *         "created_at": "2026-11-21T10:00:00.000Z",
                 *         "ended_at": "2026-11-21T10:02:30.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["GeneratorJobFailedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.generator_job.failed": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "generator_job.failed",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "generator_job_id": "gjb_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "status": "failed",
                 *       "description": "create a generator that turns product photos into promo videos with music and captions",
                 *       "generator_id": null,
                 *       "slug": null,
                 *       "made_by": null,
                 *       "fault": null,
                 *       "project_id": "prj_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "charged": "no",
                 *       "credits_amount": 1,
                 *       "credits_basis": "measured",
                 *       "error_code": "nemo_unavailable",
                 *       "error_title": "The video service is not responding",
                 *       "error_detail": "Try it again.",
                 *       "created_at": "2026-11-21T10:00:00.000Z",
                 *       "ended_at": "2026-11-21T10:02:30.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["GeneratorJobFailedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.credits.low": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.low",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "available": 8,
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "register_url": "https://nemovideo.com"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["CreditsLowWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.credits.low": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.low",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "available": 8,
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "register_url": "https://nemovideo.com"
                 *     }
                 */
                "application/json": components["schemas"]["CreditsLowHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.credits.exhausted": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.exhausted",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "available": 0,
                 *         "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *         "register_url": "https://nemovideo.com"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["CreditsExhaustedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.credits.exhausted": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.exhausted",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "available": 0,
                 *       "turn_id": "trn_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
                 *       "register_url": "https://nemovideo.com"
                 *     }
                 */
                "application/json": components["schemas"]["CreditsExhaustedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.credits.cap_reached": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.cap_reached",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "scope": "tenant",
                 *         "cap": "soft",
                 *         "limit": 1000,
                 *         "used": 1012,
                 *         "uh": null,
                 *         "month": "2026-11",
                 *         "resets_at": "2026-12-01T00:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["CreditsCapReachedWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.credits.cap_reached": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "credits.cap_reached",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "scope": "tenant",
                 *       "cap": "soft",
                 *       "limit": 1000,
                 *       "used": 1012,
                 *       "uh": null,
                 *       "month": "2026-11",
                 *       "resets_at": "2026-12-01T00:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["CreditsCapReachedHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.token.expiring": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "token.expiring",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "source": "tenant",
                 *         "state": "expiring",
                 *         "expires_at": "2026-11-21T10:02:30.000Z",
                 *         "next_try_at": null
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["TokenExpiringWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.token.expiring": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "token.expiring",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "source": "tenant",
                 *       "state": "expiring",
                 *       "expires_at": "2026-11-21T10:02:30.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["TokenExpiringHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.endpoint.disabled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "endpoint.disabled",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "whk_01jd8m3k5xq2w4v7z9ab",
                 *         "url": "https://example.com/hooks/nemo",
                 *         "types": [
                 *           "*"
                 *         ],
                 *         "state": "disabled",
                 *         "disabled_by": "failing",
                 *         "disabled_at": "2026-11-21T10:00:00.000Z",
                 *         "created_at": "2026-11-21T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["EndpointDisabledWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.endpoint.disabled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "endpoint.disabled",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "endpoint_id": "whk_01jd8m3k5xq2w4v7z9ab",
                 *       "url": "https://example.com/hooks/nemo",
                 *       "types": "*",
                 *       "state": "disabled",
                 *       "disabled_by": "failing",
                 *       "disabled_at": "2026-11-21T10:00:00.000Z",
                 *       "created_at": "2026-11-21T10:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["EndpointDisabledHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "webhook.hook.disabled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "hook.disabled",
                 *       "cursor": 1,
                 *       "timestamp": "2026-11-21T10:02:30.000Z",
                 *       "tenant": "ten_01jd8m3k5xq2w4v7z9ab",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "data": {
                 *         "id": "whk_01jd8m3k5xq2w4v7z9ab",
                 *         "target_url": "https://example.com/hooks/nemo",
                 *         "event": "video.completed",
                 *         "state": "disabled",
                 *         "disabled_at": "2026-11-21T10:00:00.000Z",
                 *         "created_at": "2026-11-21T10:00:00.000Z"
                 *       },
                 *       "endpoint": null
                 *     }
                 */
                "application/json": components["schemas"]["HookDisabledWebhook"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    "hook.hook.disabled": {
        parameters: {
            query?: never;
            header: {
                /** @description The event's id: the same for every attempt. */
                "webhook-id": string;
                /** @description When this attempt was signed, in seconds since 1970. */
                "webhook-timestamp": string;
                /** @description Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair. */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "evt_01jd8m3k5xq2w4v7z9ab",
                 *       "type": "hook.disabled",
                 *       "occurred_at": "2026-11-21T10:02:30.000Z",
                 *       "mode": "live",
                 *       "sequence": 1,
                 *       "stale": false,
                 *       "hook_id": "whk_01jd8m3k5xq2w4v7z9ab",
                 *       "target_url": "https://example.com/hooks/nemo",
                 *       "event": "video.completed",
                 *       "state": "disabled",
                 *       "disabled_at": "2026-11-21T10:00:00.000Z",
                 *       "created_at": "2026-11-21T10:00:00.000Z"
                 *     }
                 */
                "application/json": components["schemas"]["HookDisabledHookBody"];
            };
        };
        responses: {
            /** @description Send no more: the endpoint is disabled, the hook deleted. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event was received. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
