/** The workspace's address: follows the organisation's name until somebody chooses one. */
import { Button, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import { $api } from '~/api/client';
import { baseHost } from '~/host';
import classes from './AddressField.module.css';

const ASKED_AFTER_MS = 300;

/** What the API makes of a name, a moment after the typing stops. */
export function useAddressPreview(name: string) {
  const [settled] = useDebouncedValue(name.trim(), ASKED_AFTER_MS);
  const preview = $api.useQuery(
    'get',
    '/api/v1/auth/slug',
    { params: { query: { name: settled } } },
    { enabled: settled !== '', placeholderData: keepPreviousData },
  );
  const current = settled === name.trim() && !preview.isPlaceholderData;
  return { preview: settled === '' ? undefined : preview.data, current };
}

const host = (slug: string): string => `${slug}.${baseHost()}`;

export function DerivedAddress({ name, onChoose }: { name: string; onChoose: () => void }) {
  const { preview, current } = useAddressPreview(name);
  return (
    <div className={classes.derived}>
      <div className={classes.address}>
        <div className="eyebrow">Your address</div>
        <div className="num wrap" data-settled={current} aria-live="polite">
          {host(derivedSlug(preview) || 'your-name')}
        </div>
        <Text size="xs" c="dimmed">
          {describe(preview)}
        </Text>
      </div>
      <Button variant="default" size="compact-sm" onClick={onChoose}>
        Choose another
      </Button>
    </div>
  );
}

type Preview = ReturnType<typeof useAddressPreview>['preview'];

/** A taken one gets the next number by itself; a reserved one has to be chosen anew. */
const derivedSlug = (preview: Preview) =>
  preview?.reason === 'taken' ? preview.suggestion : preview?.slug;

function describe(preview: Preview): string {
  if (!preview) return 'Made from the name; letters, digits and hyphens.';
  if (preview.reason === 'reserved') return `“${preview.slug}” is a reserved word.`;
  if (preview.reason === 'invalid') return 'No address can be made from this name. Choose one.';
  if (preview.reason === 'taken') return `“${preview.slug}” is taken, so yours gets a number.`;
  return 'Free. Your team signs in here.';
}

type ChosenProps = ComponentProps<typeof TextInput> & {
  value: string;
  onTake: (slug: string) => void;
  onDerive: () => void;
};

export function ChosenAddress({ value, onTake, onDerive, error, ...input }: ChosenProps) {
  const { preview, current } = useAddressPreview(value);
  const refused =
    current && preview && !preview.available ? REFUSALS[preview.reason ?? 'invalid'] : null;
  const suggestion = current ? preview?.suggestion : null;
  return (
    <div className={classes.chosen}>
      <TextInput
        label="Address"
        description={`Followed by .${baseHost()}`}
        error={error ?? refused}
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={value}
        {...input}
      />
      <div className={classes.choices}>
        {suggestion && suggestion !== value && (
          <Button variant="default" size="compact-sm" onClick={() => onTake(suggestion)}>
            Take {suggestion}
          </Button>
        )}
        <Button variant="subtle" size="compact-sm" onClick={onDerive}>
          Make it from the name
        </Button>
      </div>
    </div>
  );
}

const REFUSALS = {
  taken: 'This address is taken',
  reserved: 'This word is reserved',
  invalid: 'Use 3 to 40 letters a–z, digits and inner hyphens',
} as const;
