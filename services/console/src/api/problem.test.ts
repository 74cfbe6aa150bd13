import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { api as server } from '~/test/setup';
import { api } from './client';
import { Problem } from './problem';

const refusal = {
  type: 'about:blank',
  title: 'Bad Request',
  status: 400,
  code: 'validation_failed',
  detail: 'Some fields need another value.',
  request_id: '01900000-0000-7000-8000-00000000000a',
  errors: [
    { pointer: '/email', code: 'email', message: 'Enter an e-mail address.' },
    { pointer: '/email', code: 'length', message: 'Use at most 254 characters.' },
    { pointer: '/checks/0/url', code: 'url', message: 'Enter an address.' },
    { pointer: '', code: 'body', message: 'Send an object.' },
  ],
};

async function caught(call: () => Promise<unknown>): Promise<Problem> {
  try {
    await call();
  } catch (error) {
    if (Problem.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a refused request', () => {
  it('is thrown as the problem the API wrote', async () => {
    server.use(http.get('*/api/v1/me', () => HttpResponse.json(refusal, { status: 400 })));
    const problem = await caught(() => api.GET('/api/v1/me'));
    expect(problem).toMatchObject({ status: 400, code: 'validation_failed', transient: false });
    expect(problem.message).toBe(refusal.detail);
    expect(problem.reference).toBe(refusal.request_id);
  });

  it('tells each field its first fault, and keeps what belongs to none', async () => {
    server.use(http.get('*/api/v1/me', () => HttpResponse.json(refusal, { status: 400 })));
    const problem = await caught(() => api.GET('/api/v1/me'));
    expect(problem.fieldMessages()).toEqual({
      email: 'Enter an e-mail address.',
      checks: 'Enter an address.',
      form: 'Send an object.',
    });
  });

  it('says how long to wait', async () => {
    const headers = { 'retry-after': '42' };
    server.use(http.get('*/api/v1/me', () => HttpResponse.json({}, { status: 429, headers })));
    expect((await caught(() => api.GET('/api/v1/me'))).retryAfterSeconds).toBe(42);
  });

  it('survives an answer that is no problem document', async () => {
    server.use(
      http.get('*/api/v1/me', () => new HttpResponse('<h1>Bad Gateway</h1>', { status: 502 })),
    );
    const problem = await caught(() => api.GET('/api/v1/me'));
    expect(problem).toMatchObject({ status: 502, code: 'unreadable', transient: true });
    expect(problem.message).toBe('The server answered 502.');
  });
});

it('a request without an answer is a problem too, and worth repeating', async () => {
  server.use(http.get('*/api/v1/me', () => HttpResponse.error()));
  const problem = await caught(() => api.GET('/api/v1/me'));
  expect(problem).toMatchObject({ status: 0, code: 'unreachable', transient: true });
});

it('a cancelled request stays what it is', async () => {
  server.use(http.get('*/api/v1/me', () => HttpResponse.json({})));
  const signal = AbortSignal.abort();
  await expect(api.GET('/api/v1/me', { signal })).rejects.toMatchObject({ name: 'AbortError' });
});
