import { MantineProvider } from '@mantine/core';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import type { Bar } from '~/api/model';
import { UptimeBars } from './UptimeBars';

const bars: Bar[] = [
  { at: '2026-11-18T00:00:00Z', state: 'none', checks: 0, failures: 0 },
  { at: '2026-11-19T00:00:00Z', state: 'down', checks: 1_440, failures: 3 },
  { at: '2026-11-20T00:00:00Z', state: 'up', checks: 1, failures: 0 },
];

it('is one stop that speaks, starting at the newest', async () => {
  render(
    <MantineProvider env="test">
      <UptimeBars bars={bars} stepSeconds={86_400} label="Shop" />
    </MantineProvider>,
  );
  const slider = screen.getByRole('slider', { name: 'Shop: 3 bars, 1 with failures' });
  expect(slider).toHaveAttribute('aria-valuetext', '20 Nov: 1 check, all answered');

  await userEvent.tab();
  expect(slider).toHaveFocus();
  await userEvent.keyboard('{ArrowLeft}');
  expect(slider).toHaveAttribute('aria-valuetext', '19 Nov: 3 of 1,440 checks failed');
  await userEvent.keyboard('{Home}{ArrowLeft}');
  expect(slider).toHaveAttribute('aria-valuetext', '18 Nov: no checks');
});
