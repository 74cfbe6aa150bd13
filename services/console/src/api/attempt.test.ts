import { renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useAttempt } from './attempt';

it('the same body again is the same attempt, another body another one', () => {
  const { result } = renderHook(() => useAttempt());
  const first = result.current({ name: 'Shop' });
  expect(first['Idempotency-Key']).toMatch(/^[0-9a-f]{32}$/);
  expect(result.current({ name: 'Shop' })).toEqual(first);
  expect(result.current({ name: 'Shop 2' })).not.toEqual(first);
});
