/** The frame of a dialog's form: what was refused above, the way out and the way on below. */
import { Button, Group, Stack, Text } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Problem, problemText } from '~/api/problem';
import { Callout } from '~/ui/Callout';

interface DialogFormProps {
  label: string;
  destructive?: boolean;
  pending: boolean;
  /** What the API refused, unless a field shows it. */
  error: unknown;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  onCancel: () => void;
  children: ReactNode;
}

export function DialogForm(props: DialogFormProps) {
  const { label, destructive, pending, error, onSubmit, onCancel, children } = props;
  return (
    <form noValidate onSubmit={onSubmit}>
      <Stack>
        {error ? <Refusal error={error} /> : null}
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={pending} {...(destructive ? { color: 'down' } : {})}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A refusal that a field of the form shows is not told twice. */
export function Refusal({ error }: { error: unknown }) {
  if (Problem.is(error) && Object.keys(error.fieldMessages()).length > 0) return null;
  const reference = Problem.is(error) ? error.reference : null;
  return (
    <Callout tone="down" title="That was not done">
      {problemText(error)}
      {reference && (
        <Text size="xs" className="num wrap" mt={4}>
          Reference {reference}
        </Text>
      )}
    </Callout>
  );
}

/** Puts what the API says about fields where they are typed. */
export const fieldErrors = (error: unknown): Record<string, string> =>
  Problem.is(error) ? error.fieldMessages() : {};
