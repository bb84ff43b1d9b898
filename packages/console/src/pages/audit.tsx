/** The audit log: what the operator and keys changed. */
import { account } from "../session.ts";
import { moment, t } from "../text.ts";
import { usePages } from "../ui/load.ts";
import { Card, Empty, Id, Json, More, PageHead, Show, Table } from "../ui/parts.tsx";

export function Page() {
  const entries = usePages(() => account.value.auditLog({ limit: 50 }), [account.value]);
  return (
    <>
      <PageHead title={t("auditLog")} lead={t("auditLead")} />
      <Card title={t("auditLog")}>
        <Show of={entries}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty icon="audit" title={t("noEntries")} text={t("noEntriesText")} />
            ) : (
              <Table
                caption={t("auditLog")}
                rows={rows}
                keyOf={(entry) => entry.id}
                columns={[
                  { title: t("action"), kind: "main", cell: (entry) => <code>{entry.action}</code> },
                  {
                    title: t("when"),
                    cell: (entry) => <time dateTime={entry.happened_at}>{moment(entry.happened_at)}</time>,
                  },
                  {
                    title: t("by"),
                    cell: (entry) => (entry.actor === "admin" ? t("operator") : <Id of={entry.actor} />),
                  },
                  { title: t("target"), cell: (entry) => <Id of={entry.target} /> },
                  {
                    title: t("details"),
                    cell: (entry) =>
                      Object.keys(entry.detail).length === 0 ? (
                        "—"
                      ) : (
                        <details>
                          <summary>{t("show")}</summary>
                          <Json value={entry.detail} label={t("details")} />
                        </details>
                      ),
                  },
                ]}
              />
            )
          }
        </Show>
        <More of={entries} />
      </Card>
    </>
  );
}
