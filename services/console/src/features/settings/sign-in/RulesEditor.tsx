/** The form of the rules: what changes is previewed, and said before it is done. */
import { Button, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { SignInEffects, SignInPolicy, SignInRules } from '~/api/model';
import { Problem, problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { Section } from '~/ui/Section';
import { ConfirmChange } from './ConfirmChange';
import { FactorFields, IdleField, ListField, NetworkFields } from './fields';
import { toForm, toRules } from './values';

interface EditorProps {
  policy: SignInPolicy;
  etag: string;
  /** Somebody else changed the rules meanwhile. */
  onStale: () => void;
  onSaved: () => Promise<void>;
}

export function RulesEditor({ policy, etag, onStale, onSaved }: EditorProps) {
  const [asked, setAsked] = useState<{ rules: SignInRules; effects: SignInEffects } | null>(null);
  const form = useForm({
    initialValues: toForm(policy),
    validate: {
      methods: (chosen) => (chosen.length > 0 ? null : 'Choose at least one way to sign in'),
    },
  });
  const refused = (error: unknown) => {
    setAsked(null);
    if (!Problem.is(error)) return;
    if (error.status === 412) onStale();
    form.setErrors(error.fieldMessages());
  };
  const preview = $api.useMutation('post', '/api/v1/sign-in-policy/preview', {
    meta: { handlesProblems: true },
    onError: refused,
  });
  const replace = $api.useMutation('put', '/api/v1/sign-in-policy', {
    meta: { handlesProblems: true },
    onError: refused,
    onSuccess: () => {
      setAsked(null);
      toast('The rules for signing in are changed');
      return onSaved();
    },
  });
  const failed = preview.error ?? replace.error;
  const silent =
    failed === null ||
    (Problem.is(failed) &&
      (failed.status === 412 ||
        failed.code === 'reauthentication_required' ||
        Object.keys(failed.fieldMessages()).length > 0));
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        const rules = toRules(values, policy);
        replace.reset();
        preview.mutate({ body: rules }, { onSuccess: (effects) => setAsked({ rules, effects }) });
      })}
    >
      <Stack gap="lg">
        <Section title="How people sign in">
          <FactorFields form={form} available={policy.available_methods} />
        </Section>
        <Section title="How long they stay signed in">
          <IdleField form={form} />
        </Section>
        <Section title="From where">
          <NetworkFields form={form} address={policy.your_address} />
        </Section>
        <Section title="Who can be invited">
          <ListField
            form={form}
            name="mail_domains"
            label="Domains of e-mail addresses"
            description="One a line, like acme.example. Empty: anybody. Whoever belongs already stays."
          />
        </Section>
        {!silent && (
          <Callout tone="down" title="The rules were not saved">
            {problemText(failed)}
          </Callout>
        )}
        <Group>
          <Button type="submit" loading={preview.isPending} disabled={!form.isDirty()}>
            Review and save
          </Button>
          {form.isDirty() && (
            <Button variant="default" onClick={() => form.reset()}>
              Discard changes
            </Button>
          )}
        </Group>
      </Stack>
      <ConfirmChange
        asked={asked}
        pending={replace.isPending}
        onCancel={() => setAsked(null)}
        onConfirm={(body) => replace.mutate({ params: { header: { 'If-Match': etag } }, body })}
      />
    </form>
  );
}
