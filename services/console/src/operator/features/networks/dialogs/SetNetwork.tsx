/** A network to be blocked or trusted; one that is, by another verdict, reason or end. */
import { SegmentedControl, Select, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { toast } from '~/app/toasts';
import { Callout } from '~/ui/Callout';
import { $api } from '../../../api/client';
import type { Network } from '../../../api/model';
import { DialogForm, fieldErrors } from '../../DialogForm';
import { ReasonField, reasonRule } from '../../ReasonField';
import { refreshNetworks } from '../queries';
import { endOf, MEANING, SPANS, VERDICTS } from '../verdict';

const rules = z.object({
  network: z.string().check(z.trim(), z.minLength(1, 'Enter a network, like 203.0.113.0/24')),
  verdict: z.enum(VERDICTS),
  span: z.string(),
  reason: reasonRule,
});

interface SetNetworkProps {
  network?: Network | undefined;
  onDone: () => void;
}

export default function SetNetwork({ network, onDone }: SetNetworkProps) {
  const queryClient = useQueryClient();
  const form = useForm<z.infer<typeof rules>>({
    initialValues: {
      network: network?.network ?? '',
      verdict: network?.verdict ?? 'blocked',
      span: network && !network.until ? '0' : '24',
      reason: network?.reason ?? '',
    },
    validate: schemaResolver(rules, { sync: true }),
  });
  const { verdict } = form.values;
  const set = $api.useMutation('post', '/api/v1/networks', {
    meta: { handlesProblems: true },
    onSuccess: ({ network: kept, changed }) => {
      toast(changed ? `${kept.network} is ${kept.verdict}` : 'That is so already');
      onDone();
    },
    onError: (error) => {
      const { until, ...shown } = fieldErrors(error);
      form.setErrors(until ? { ...shown, span: until } : shown);
    },
    onSettled: () => refreshNetworks(queryClient),
  });
  return (
    <DialogForm
      label={MEANING[verdict].act}
      destructive={verdict === 'blocked'}
      pending={set.isPending}
      error={set.error}
      onSubmit={form.onSubmit((values) => {
        const { span, ...typed } = rules.parse(values);
        set.mutate({ body: { ...typed, until: endOf(span, Date.now()) } });
      })}
      onCancel={onDone}
    >
      <TextInput
        label="Network"
        description="Or one address. At the widest /8, or /16 of IPv6."
        placeholder="203.0.113.0/24"
        autoComplete="off"
        maxLength={49}
        readOnly={network !== undefined}
        data-autofocus
        {...form.getInputProps('network')}
      />
      <SegmentedControl
        aria-label="Verdict"
        data={VERDICTS.map((value) => ({ value, label: MEANING[value].act }))}
        {...form.getInputProps('verdict')}
      />
      <Callout tone={verdict === 'blocked' ? 'warn' : 'plain'} title="What happens">
        {MEANING[verdict].holds}
      </Callout>
      <Select
        label="For how long"
        description={network?.until ? 'From now on' : undefined}
        allowDeselect={false}
        data={SPANS}
        {...form.getInputProps('span')}
      />
      <ReasonField
        label="Reason"
        description="For the next operator who asks, and for the audit log"
        {...form.getInputProps('reason')}
      />
    </DialogForm>
  );
}
