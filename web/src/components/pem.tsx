import { TextArea } from '@patternfly/react-core';
import { type ReactNode, useId } from 'react';
import { Field, type FieldProps } from './fields';

/** A text of many lines, such as a certificate: typed, or dropped as a file. */
export function PemField({
  label,
  help,
  value,
  onChange,
  error,
}: FieldProps<string> & { label: string; help?: ReactNode }) {
  const id = useId();
  return (
    <Field id={id} label={label} help={help} error={error} isRequired>
      <TextArea
        id={id}
        value={value}
        rows={6}
        spellCheck={false}
        autoComplete="off"
        validated={error ? 'error' : 'default'}
        aria-describedby={`${id}-help`}
        resizeOrientation="vertical"
        onChange={(_, text) => onChange(text)}
        onDrop={(event) => {
          const file = event.dataTransfer.files[0];
          if (file) {
            event.preventDefault();
            void file.text().then(onChange);
          }
        }}
      />
    </Field>
  );
}
