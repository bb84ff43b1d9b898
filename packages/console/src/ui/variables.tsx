/** The form of a generator: one field for each of its variables. */
import type { Generator } from "nemo-gateway";
import { t } from "../text.ts";
import { Check, Field, fieldError } from "./parts.tsx";

export type Values = Readonly<Record<string, string | number | boolean>>;
type Variable = Generator["variables"][number];

export const defaultsOf = ({ variables }: Pick<Generator, "variables">): Values =>
  Object.fromEntries(variables.flatMap(({ name, default: preset }) => (preset == null ? [] : [[name, preset]])));

export function VariableFields(props: {
  readonly of: readonly Variable[];
  readonly values: Values;
  readonly error: unknown;
  readonly onChange: (values: Values) => void;
}) {
  const set = (name: string, value: string | number | boolean | undefined): void => {
    const { [name]: _, ...rest } = props.values;
    props.onChange(value === undefined ? rest : { ...rest, [name]: value });
  };
  return (
    <div class="fields">
      {props.of.map((variable) => (
        <VariableField
          key={variable.name}
          of={variable}
          value={props.values[variable.name]}
          error={fieldError(props.error, `/variables/${variable.name}`)}
          onChange={(value) => set(variable.name, value)}
        />
      ))}
    </div>
  );
}

function VariableField(props: {
  readonly of: Variable;
  readonly value: string | number | boolean | undefined;
  readonly error: string | undefined;
  readonly onChange: (value: string | number | boolean | undefined) => void;
}) {
  const { name, type, description, choices = [], min, max, default: preset } = props.of;
  const isRequired = preset == null;
  const label = isRequired ? `${name} (${t("required")})` : name;
  const hint = description ?? undefined;
  if (type === "boolean")
    return (
      <div class="field">
        <Check label={name} checked={props.value === true} onChange={props.onChange} />
        <p class="hint">{hint ?? ""}</p>
      </div>
    );
  return (
    <Field label={label} hint={hint} error={props.error}>
      {(ids) =>
        type === "choice" ? (
          <select
            {...ids}
            value={String(props.value ?? "")}
            onChange={(event) => props.onChange(event.currentTarget.value)}
          >
            {props.value === undefined ? <option value="">{t("choose")}</option> : null}
            {choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : type === "number" ? (
          <input
            {...ids}
            type="number"
            inputMode="decimal"
            step="any"
            {...(min === undefined ? {} : { min })}
            {...(max === undefined ? {} : { max })}
            required={isRequired}
            value={props.value === undefined ? "" : String(props.value)}
            onInput={({ currentTarget: { value, valueAsNumber } }) =>
              props.onChange(value === "" ? undefined : valueAsNumber)
            }
          />
        ) : (
          <textarea
            {...ids}
            rows={2}
            dir="auto"
            required={isRequired}
            value={String(props.value ?? "")}
            onInput={({ currentTarget: { value } }) => props.onChange(value === "" && isRequired ? undefined : value)}
          />
        )
      }
    </Field>
  );
}
