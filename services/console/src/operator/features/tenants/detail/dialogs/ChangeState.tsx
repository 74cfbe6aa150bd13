/** Suspends, freezes, resumes, deletes or brings back one organisation. */
import { TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast, toastUndo } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { api } from '../../../../api/client';
import type { Tenant, Verb } from '../../../../api/model';
import { ApprovalNote } from '../../../approvals/needed';
import { DialogForm, fieldErrors } from '../../../DialogForm';
import { ReasonField, reasonMay, reasonRule } from '../../../ReasonField';
import { refreshTenants } from '../../queries';
import { MEANING } from '../../state';

interface ChangeStateProps {
  tenant: Tenant;
  verb: Verb;
  onDone: () => void;
}

/** What takes it back at once, where one verb does. */
function wayBack(verb: Verb, before: string): Verb | null {
  if (verb === 'delete') return 'undelete';
  if (before !== 'active') return null;
  return verb === 'suspend' || verb === 'freeze' ? 'resume' : null;
}

function post(id: string, verb: Verb, reason: string, confirm: string) {
  const params = { path: { id } };
  const body = reason ? { reason } : {};
  switch (verb) {
    case 'delete':
      return api.POST('/api/v1/tenants/{id}/delete', { params, body: { ...body, confirm } });
    case 'suspend':
      return api.POST('/api/v1/tenants/{id}/suspend', { params, body });
    case 'freeze':
      return api.POST('/api/v1/tenants/{id}/freeze', { params, body });
    case 'resume':
      return api.POST('/api/v1/tenants/{id}/resume', { params, body });
    case 'undelete':
      return api.POST('/api/v1/tenants/{id}/undelete', { params, body });
  }
}

export default function ChangeState({ tenant, verb, onDone }: ChangeStateProps) {
  const queryClient = useQueryClient();
  const slug = tenant.slug ?? '';
  const { label, done, effect, destructive } = MEANING[verb];
  // What takes nothing away needs no excuse.
  const explained = verb !== 'resume' && verb !== 'undelete';
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { reason: '', confirm: '' },
    validate: schemaResolver(
      z.object({
        reason: explained ? reasonRule : reasonMay,
        confirm: destructive
          ? z.string().check(z.refine((typed) => typed === slug, `Type: ${slug}`))
          : z.string(),
      }),
      { sync: true },
    ),
  });
  const refresh = () => refreshTenants(queryClient);
  const undo = useMutation({
    mutationFn: (back: Verb) => post(tenant.id, back, 'Taken back', ''),
    onSuccess: () => toast(`${slug} is as before`),
    onSettled: refresh,
  });
  const change = useMutation({
    meta: { handlesProblems: true },
    mutationFn: ({ reason, confirm }: typeof form.values) =>
      post(tenant.id, verb, reason.trim(), confirm),
    onSuccess: ({ data }) => {
      const back = wayBack(verb, tenant.state);
      if (data && 'approval' in data) toast('Asked: it waits for another operator to approve');
      else if (back) toastUndo(`${slug} was ${done}`, () => undo.mutate(back));
      else toast(`${slug} was ${done}`);
      onDone();
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
    onSettled: refresh,
  });

  return (
    <DialogForm
      label={label}
      destructive={destructive ?? false}
      pending={change.isPending}
      error={change.error}
      onSubmit={form.onSubmit((values) => change.mutate(values))}
      onCancel={onDone}
    >
      <Callout
        tone={destructive ? 'down' : 'plain'}
        title={destructive ? 'What will be lost' : 'What happens'}
      >
        {effect}
      </Callout>
      <ApprovalNote verb={verb} />
      <ReasonField
        shown={explained}
        data-autofocus
        key={form.key('reason')}
        {...form.getInputProps('reason')}
      />
      {destructive && (
        <TextInput
          label="Confirm"
          description={`Type the organisation’s slug: ${slug}`}
          autoComplete="off"
          key={form.key('confirm')}
          {...form.getInputProps('confirm')}
        />
      )}
    </DialogForm>
  );
}
