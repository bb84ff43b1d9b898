/** Says before a button is pressed whether it costs credits. */
import { account, acting, session } from "../session.ts";
import { count, t } from "../text.ts";
import { useLoad } from "./load.ts";

/** The note beside what sends a prompt to the agent. */
export function CostNote() {
  const isLive = session.value?.mode === "live";
  const credits = useLoad(
    async () => (isLive ? await acting.value.credits().catch(() => null) : null),
    [account.value, acting.value, isLive],
  );
  if (!isLive) return <p class="cost">{t("costsNothing")}</p>;
  return (
    <p class="cost live">
      {t("costsCredits")}
      {credits.data ? ` ${t("creditsLeft", { credits: count(credits.data.available) })}` : ""}
    </p>
  );
}

export function spentText(credits: { readonly amount: number | null; readonly basis: string } | null): string {
  if (credits === null) return "—";
  if (credits.amount === null) return t("creditsUnknown");
  return credits.basis === "measured"
    ? count(credits.amount)
    : t("creditsEstimated", { credits: count(credits.amount) });
}
