/** The endpoint form: its values, its checks, and the way to and from the API's body. */
import * as z from 'zod/mini';
import type { Endpoint, EndpointInput } from '~/api/model';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const CODES = /^\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?(\s*,\s*[1-5]\d\d(\s*-\s*[1-5]\d\d)?)*\s*$/;

const isWebAddress = (text: string): boolean => /^https?:/i.test(text) && URL.canParse(text);

const MAX_TIMEOUT_S = 60;

export const endpointForm = z
  .object({
    url: z
      .string()
      .check(
        z.trim(),
        z.maxLength(2_048, 'Use at most 2,048 characters'),
        z.refine(isWebAddress, 'Enter a web address, such as https://example.com/health'),
      ),
    name: z
      .string()
      .check(
        z.trim(),
        z.minLength(1, 'Give it a name your team will recognise'),
        z.maxLength(120, 'Use at most 120 characters'),
      ),
    interval_seconds: z.string(),
    timeout_seconds: z
      .number('Enter a number of seconds')
      .check(
        z.gte(0.1, 'At least 0.1 seconds'),
        z.lte(MAX_TIMEOUT_S, `At most ${MAX_TIMEOUT_S} seconds`),
      ),
    method: z.enum(METHODS),
    expected_codes: z
      .string()
      .check(z.trim(), z.regex(CODES, 'Use codes and ranges, such as 200-299,301')),
  })
  .check(
    z.refine((form) => form.timeout_seconds <= Number(form.interval_seconds), {
      path: ['timeout_seconds'],
      error: 'Not longer than the time between two checks',
    }),
  );

export type EndpointValues = z.infer<typeof endpointForm>;

export const newEndpoint: EndpointValues = {
  url: '',
  name: '',
  interval_seconds: '60',
  timeout_seconds: 10,
  method: 'GET',
  expected_codes: '200-299',
};

export const toValues = (endpoint: Endpoint): EndpointValues => ({
  url: endpoint.url,
  name: endpoint.name,
  interval_seconds: String(endpoint.interval_seconds),
  timeout_seconds: endpoint.timeout_ms / 1_000,
  method: endpoint.method as EndpointValues['method'],
  expected_codes: endpoint.expected_codes,
});

export const toBody = (values: EndpointValues) =>
  ({
    kind: 'http',
    url: values.url,
    name: values.name,
    interval_seconds: Number(values.interval_seconds),
    timeout_ms: Math.round(values.timeout_seconds * 1_000),
    method: values.method,
    expected_codes: values.expected_codes,
  }) satisfies EndpointInput;

/** The API lets a trial wait no longer, whatever a check may. */
const MAX_TRIAL_MS = 10_000;

/** What a trial needs of a form that may be unfinished. */
export function toTrial(values: EndpointValues) {
  const { url, method, timeout_ms, expected_codes } = toBody(values);
  return {
    url: url.trim(),
    method,
    timeout_ms: Math.min(timeout_ms || MAX_TRIAL_MS, MAX_TRIAL_MS),
    expected_codes: expected_codes.trim() || newEndpoint.expected_codes,
  };
}

/** The API's names for fields this form shows in another unit. */
const FIELDS: Record<string, string> = { timeout_ms: 'timeout_seconds' };

export const toFormFields = (messages: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(messages).map(([name, text]) => [FIELDS[name] ?? name, text]));

/** `shop.example.com/health` -> `https://shop.example.com/health`: people paste what they see. */
export function completeAddress(typed: string): string {
  const text = typed.trim();
  if (text === '' || /^[a-z][a-z0-9+.-]*:/i.test(text.replace(/:\d+(?=[/?#]|$)/, ''))) return text;
  return `https://${text}`;
}

/** The host is what most people would call it. */
export const suggestedName = (address: string): string =>
  isWebAddress(address) ? new URL(address).hostname.replace(/^www\./, '') : '';
