/** The fields of the rules for signing in. */
import { Button, Checkbox, Group, Radio, Stack, Switch, Text, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import type { SignInMethod } from '~/api/model';
import { plural } from '~/format/numbers';
import { IDLE_PRESETS, METHOD_NAMES, type RulesForm, withAddress } from './values';

type Form = UseFormReturnType<RulesForm>;

export function FactorFields({ form, available }: { form: Form; available: SignInMethod[] }) {
  return (
    <Stack>
      <Checkbox.Group
        label="Ways to sign in"
        description="Sessions of a way that is switched off end."
        {...form.getInputProps('methods')}
      >
        <Stack gap="sm" mt="sm">
          {available.map((method) => (
            <Checkbox
              key={method}
              value={method}
              label={METHOD_NAMES[method].label}
              description={METHOD_NAMES[method].note}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <Switch
        label="Ask everybody for a second factor"
        description="An authenticator app or a passkey. Whoever has none sets one up before anything else."
        {...form.getInputProps('second_factor_required', { type: 'checkbox' })}
      />
    </Stack>
  );
}

export function IdleField({ form }: { form: Form }) {
  const { idle_minutes: chosen } = form.getValues();
  const known = IDLE_PRESETS.some(({ minutes }) => String(minutes) === chosen);
  return (
    <Radio.Group
      label="While nobody is there"
      description="Browsers are signed out after it. Programs renew their tokens themselves."
      {...form.getInputProps('idle_minutes')}
    >
      <Stack gap="sm" mt="sm">
        {IDLE_PRESETS.map(({ minutes, label, note }) => (
          <Radio key={minutes} value={String(minutes)} label={label} description={note || null} />
        ))}
        {!known && <Radio value={chosen} label={plural(Number(chosen), 'minute')} />}
      </Stack>
    </Radio.Group>
  );
}

export function NetworkFields({ form, address }: { form: Form; address: string | null }) {
  return (
    <Stack>
      <ListField
        form={form}
        name="console_networks"
        label="Networks of people"
        description="One a line, like 203.0.113.0/24 or 2001:db8::/32. Empty: from anywhere."
      />
      {address && (
        <Group gap="xs">
          <Text size="sm">
            Your address now: <span className="num wrap">{address}</span>
          </Text>
          <Button
            variant="default"
            size="compact-sm"
            onClick={() =>
              form.setFieldValue(
                'console_networks',
                withAddress(form.getValues().console_networks, address),
              )
            }
          >
            Add it
          </Button>
        </Group>
      )}
      <ListField
        form={form}
        name="key_networks"
        label="Networks of API keys"
        description="From where programs with keys are let in. Empty: from anywhere."
      />
    </Stack>
  );
}

interface ListFieldProps {
  form: Form;
  name: 'mail_domains' | 'console_networks' | 'key_networks';
  label: string;
  description: string;
}

export function ListField({ form, name, label, description }: ListFieldProps) {
  return (
    <Textarea
      label={label}
      description={description}
      rows={3}
      resize="vertical"
      maxLength={4_000}
      spellCheck={false}
      classNames={{ input: 'num' }}
      {...form.getInputProps(name)}
    />
  );
}
