/** From one day to another, either of them open. Days are `yyyy-mm-dd`. */
import { TextInput } from '@mantine/core';
import classes from './DayRange.module.css';

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}

export function DayRange({ from, to, onChange }: Range & { onChange: (part: Range) => void }) {
  const day = (label: string) => ({
    className: classes.day,
    type: 'date',
    'aria-label': label,
    leftSection: <span className={classes.label}>{label}</span>,
    leftSectionWidth: 46,
  });
  return (
    <>
      <TextInput
        {...day('From')}
        max={to}
        value={from ?? ''}
        onChange={(event) => onChange({ from: event.currentTarget.value || undefined })}
      />
      <TextInput
        {...day('To')}
        min={from}
        value={to ?? ''}
        onChange={(event) => onChange({ to: event.currentTarget.value || undefined })}
      />
    </>
  );
}
