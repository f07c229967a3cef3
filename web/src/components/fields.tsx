import {
  Checkbox,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
  type TextInputProps,
} from '@patternfly/react-core';
import { type ReactNode, useId, useState } from 'react';
import { lines } from '../lib/text';

/** The properties that an editor passes to a field: the value, its setter and its error. */
export type FieldProps<T> = {
  value: T;
  onChange: (value: T) => void;
  isDisabled?: boolean;
  error?: string;
};

type Labelled = { label: string; help?: ReactNode; isRequired?: boolean };

/** The frame of every field: the label, the control, and below it the error or the help text. */
export function Field({
  id,
  label,
  help,
  error,
  isRequired,
  isGroup,
  children,
}: Labelled & { id: string; error?: string; isGroup?: boolean; children: ReactNode }) {
  return (
    <FormGroup label={label} isRequired={isRequired} fieldId={id} role={isGroup ? 'group' : undefined}>
      {children}
      {error || help ? (
        <FormHelperText>
          <HelperText>
            <HelperTextItem id={`${id}-help`} variant={error ? 'error' : 'default'}>
              {error || help}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      ) : null}
    </FormGroup>
  );
}

const describedBy = (id: string, help: ReactNode, error?: string) => (error || help ? `${id}-help` : undefined);

export function TextField({
  label,
  help,
  isRequired,
  value,
  onChange,
  isDisabled,
  error,
  id: given,
  ...rest
}: Labelled &
  FieldProps<string> &
  Pick<TextInputProps, 'id' | 'type' | 'autoComplete' | 'autoFocus' | 'inputMode' | 'placeholder'>) {
  const made = useId();
  const id = given ?? made;
  return (
    <Field id={id} label={label} help={help} error={error} isRequired={isRequired}>
      <TextInput
        {...rest}
        id={id}
        value={value}
        isDisabled={isDisabled}
        isRequired={isRequired}
        validated={error ? 'error' : 'default'}
        aria-describedby={describedBy(id, help, error)}
        onChange={(_, text) => onChange(text)}
      />
    </Field>
  );
}

export const PasswordField = (props: Omit<Parameters<typeof TextField>[0], 'type'>) => (
  <TextField {...props} type="password" />
);

/** A one-time code from an authenticator app. */
export const CodeField = (props: Omit<Parameters<typeof TextField>[0], 'inputMode' | 'autoComplete'>) => (
  <TextField {...props} inputMode="numeric" autoComplete="one-time-code" />
);

/** A non-negative number, rounded to an integer unless `fractions` is set. */
export function NumberField({
  label,
  help,
  isRequired,
  value,
  onChange,
  isDisabled,
  error,
  min = 0,
  max,
  fractions,
  empty,
}: Labelled &
  FieldProps<number> & {
    min?: number;
    max?: number;
    fractions?: boolean;
    /** The value that is shown as an empty field. */
    empty?: number;
  }) {
  const id = useId();
  // The text while the field has the focus, so that it can be empty during typing.
  const [typed, setTyped] = useState<string | null>(null);
  const parse = (text: string) => {
    const number = Math.max(0, Number(text) || 0);
    return text === '' && empty !== undefined ? empty : fractions ? number : Math.round(number);
  };
  return (
    <Field id={id} label={label} help={help} error={error} isRequired={isRequired}>
      <TextInput
        id={id}
        type="number"
        min={min}
        max={max}
        step={fractions ? 'any' : 1}
        value={typed ?? (value === empty ? '' : value)}
        isDisabled={isDisabled}
        validated={error ? 'error' : 'default'}
        aria-describedby={describedBy(id, help, error)}
        onBlur={() => setTyped(null)}
        onChange={(_, text) => {
          setTyped(text);
          onChange(parse(text));
        }}
      />
    </Field>
  );
}

/** A list of texts, one per line. */
export function LinesField({
  label,
  help,
  isRequired,
  value,
  onChange,
  isDisabled,
  error,
  placeholder,
}: Labelled & FieldProps<string[]> & { placeholder?: string }) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <Field id={id} label={label} help={help} error={error} isRequired={isRequired}>
      <TextArea
        id={id}
        value={typed ?? value.join('\n')}
        placeholder={placeholder}
        isDisabled={isDisabled}
        validated={error ? 'error' : 'default'}
        aria-describedby={describedBy(id, help, error)}
        resizeOrientation="vertical"
        onBlur={() => setTyped(null)}
        onChange={(_, text) => {
          setTyped(text);
          onChange(lines(text));
        }}
      />
    </Field>
  );
}

export function SelectField<T extends string>({
  label,
  help,
  value,
  onChange,
  isDisabled,
  options,
}: Labelled & FieldProps<T> & { options: readonly (readonly [value: T, text: string])[] }) {
  const id = useId();
  return (
    <Field id={id} label={label} help={help}>
      <FormSelect
        id={id}
        value={value}
        isDisabled={isDisabled}
        aria-describedby={describedBy(id, help)}
        onChange={(_, chosen) => onChange(chosen as T)}
      >
        {options.map(([each, text]) => (
          <FormSelectOption key={each} value={each} label={text} />
        ))}
      </FormSelect>
    </Field>
  );
}

export function CheckField({ label, value, onChange, isDisabled }: Labelled & FieldProps<boolean>) {
  return (
    <Checkbox
      id={useId()}
      label={label}
      isChecked={value}
      isDisabled={isDisabled}
      onChange={(_, checked) => onChange(checked)}
    />
  );
}

/** Selects entries of a list by checkboxes. `first` is placed above them; `text` says what an entry is called. */
export function ChecksField({
  label,
  help,
  value,
  onChange,
  isDisabled,
  options,
  first,
  text = (each) => each,
}: Labelled & FieldProps<string[]> & { options: string[]; first?: ReactNode; text?: (option: string) => string }) {
  const id = useId();
  return (
    <Field id={id} label={label} help={help} isGroup>
      {first}
      {options.map((each) => (
        <CheckField
          key={each}
          label={text(each)}
          isDisabled={isDisabled}
          value={value.includes(each)}
          onChange={(checked) => onChange(checked ? [...value, each] : value.filter((other) => other !== each))}
        />
      ))}
    </Field>
  );
}

/** A select in a toolbar. Its label is for screen readers only. */
export function Pick({
  label,
  value,
  onChange,
  options,
  none,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, text: string])[];
  /** The text of the empty option, if there is one. */
  none?: string;
}) {
  return (
    <div className="hf-select">
      <FormSelect aria-label={label} value={value} onChange={(_, chosen) => onChange(chosen)}>
        {none === undefined ? null : <FormSelectOption value="" label={none} />}
        {options.map(([each, text]) => (
          <FormSelectOption key={each} value={each} label={text} />
        ))}
      </FormSelect>
    </div>
  );
}
