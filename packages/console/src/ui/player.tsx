/** Plays a finished file. Its link is one of this gateway, whatever host the gateway names in it. */
import { t } from "../text.ts";
import { LinkButton } from "./parts.tsx";

/** The link's path on this origin: the page may load nothing from others. */
export const ownPath = (url: string): string => new URL(url).pathname;

export const Player = (props: {
  readonly url: string;
  readonly title: string;
  readonly width?: number | null;
  readonly height?: number | null;
}) => (
  <figure class="player">
    <video
      src={`${ownPath(props.url)}?inline`}
      controls
      preload="metadata"
      playsInline
      aria-label={props.title}
      {...(props.width && props.height ? { width: props.width, height: props.height } : {})}
    />
    <figcaption>
      <LinkButton href={ownPath(props.url)} icon="download" download>
        {t("download")}
      </LinkButton>
    </figcaption>
  </figure>
);
