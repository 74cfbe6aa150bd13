/** The form behind "add" and "edit": address first, and a trial before anything is kept. */
import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { schemaResolver, useForm } from '@mantine/form';
import { type ReactNode, useRef, useState } from 'react';
import type { FieldMessages } from '~/api/problem';
import { formatInterval } from '~/format/numbers';
import { TryNow } from './TryNow';
import {
  completeAddress,
  type EndpointValues,
  endpointForm,
  METHODS,
  suggestedName,
  toFormFields,
} from './values';

const INTERVALS = [30, 60, 300, 600, 1_800, 3_600, 21_600, 86_400];

/** The usual ones, and the one it has. */
const intervals = (current: string) =>
  [...new Set([...INTERVALS, Number(current)])]
    .sort((a, b) => a - b)
    .map((seconds) => ({ value: String(seconds), label: `Every ${formatInterval(seconds)}` }));

interface EndpointFormProps {
  initialValues: EndpointValues;
  submitLabel: string;
  pending: boolean;
  /** What the last attempt said that belongs to no field. */
  notice?: ReactNode;
  /** Resolves to what the API says about fields, if it refused. */
  onSubmit: (values: EndpointValues) => Promise<FieldMessages>;
}

export function EndpointForm(props: EndpointFormProps) {
  const { initialValues, submitLabel, pending, notice, onSubmit } = props;
  const named = useRef(initialValues.name !== '');
  const [address, setAddress] = useState(initialValues.url);
  const form = useForm<EndpointValues>({
    mode: 'uncontrolled',
    initialValues,
    validate: schemaResolver(endpointForm, { sync: true }),
    onValuesChange: ({ url }) => setAddress(url),
  });

  const settleAddress = () => {
    const complete = completeAddress(form.getValues().url);
    form.setFieldValue('url', complete);
    if (!named.current) form.setFieldValue('name', suggestedName(complete));
  };

  return (
    <form
      noValidate
      onSubmit={form.onSubmit(async (values) => {
        form.setErrors(toFormFields(await onSubmit(endpointForm.parse(values))));
      })}
    >
      <Stack>
        {notice}
        <TextInput
          label="Address"
          placeholder="https://example.com/health"
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          // The form may arrive after its dialog has opened.
          autoFocus
          data-autofocus
          key={form.key('url')}
          {...form.getInputProps('url')}
          onBlur={settleAddress}
        />
        <TryNow
          address={address}
          ready={() => !form.validateField('url').hasError}
          values={() => form.getValues()}
          before={settleAddress}
        />
        <TextInput
          label="Name"
          autoComplete="off"
          key={form.key('name')}
          {...form.getInputProps('name')}
          onInput={() => {
            named.current = true;
          }}
        />
        <SimpleGrid cols={2} spacing="md">
          <Select
            label="Check"
            allowDeselect={false}
            data={intervals(initialValues.interval_seconds)}
            key={form.key('interval_seconds')}
            {...form.getInputProps('interval_seconds')}
          />
          <NumberInput
            label="Give up after"
            suffix=" s"
            min={0.1}
            max={60}
            stepHoldDelay={400}
            stepHoldInterval={80}
            key={form.key('timeout_seconds')}
            {...form.getInputProps('timeout_seconds')}
          />
          <Select
            label="Method"
            allowDeselect={false}
            data={[...METHODS]}
            key={form.key('method')}
            {...form.getInputProps('method')}
          />
          <TextInput
            label="Codes that count as up"
            autoComplete="off"
            key={form.key('expected_codes')}
            {...form.getInputProps('expected_codes')}
          />
        </SimpleGrid>
        <Group justify="flex-end">
          <Button type="submit" loading={pending}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
