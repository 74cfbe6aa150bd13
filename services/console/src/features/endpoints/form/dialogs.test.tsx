import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fill, renderPage, shop } from '~/test/render';
import { api } from '~/test/setup';
import AddEndpoint from './AddEndpoint';
import EditEndpoint from './EditEndpoint';

const onDone = vi.fn();
beforeEach(() => {
  onDone.mockClear();
});

describe('adding an endpoint', () => {
  beforeEach(() => {
    const page = { items: [], next_cursor: null, total: 3 };
    api.use(http.get('*/api/v1/endpoints', () => HttpResponse.json(page)));
    renderPage(<AddEndpoint onDone={onDone} />);
  });

  const refuse = (status: number, body: object) =>
    api.use(http.post('*/api/v1/endpoints', () => HttpResponse.json(body, { status })));

  async function add(address = 'shop.example') {
    await fill('Address', address);
    await userEvent.click(screen.getByRole('button', { name: 'Add endpoint' }));
  }

  it('completes the address, names it after its host and sends what the form shows', async () => {
    const sent = vi.fn();
    api.use(
      http.post('*/api/v1/endpoints', async ({ request }) => {
        sent(await request.json());
        return HttpResponse.json(shop, { status: 201 });
      }),
    );
    await add();
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
    expect(sent).toHaveBeenCalledExactlyOnceWith({
      kind: 'http',
      url: 'https://shop.example',
      name: 'shop.example',
      interval_seconds: 60,
      timeout_ms: 10_000,
      method: 'GET',
      expected_codes: '200-299',
    });
  });

  it('leads to the endpoint that has the address already', async () => {
    refuse(409, { code: 'endpoint_exists', detail: 'Watched already.', existing_id: shop.id });
    await add();
    const link = await screen.findByRole('link', { name: 'Open the existing one' });
    expect(link).toHaveAttribute('href', `/endpoints/${shop.id}`);
    expect(onDone).not.toHaveBeenCalled();
  });

  it('shows the plan’s own words when it is full', async () => {
    const detail = 'Your 3-endpoint limit reached. Please upgrade to Pro.';
    refuse(403, { code: 'plan_limit', detail, limit: 3 });
    await add();
    expect(await screen.findByRole('alert')).toHaveTextContent(detail);
  });

  it('puts a refused address at its field', async () => {
    const errors = [{ pointer: '/url', code: 'blocked_target', message: 'Not a public address.' }];
    refuse(400, { code: 'validation_failed', detail: 'See errors.', errors });
    await add('http://10.0.0.1/');
    expect(await screen.findByText('Not a public address.')).toBeVisible();
    expect(screen.getByLabelText('Address')).toBeInvalid();
  });

  it('tries before it saves, and shows the verdict with its phases', async () => {
    const timings = { dns_us: 1_200, connect_us: 8_400, tls_us: 22_000, wait_us: 61_000 };
    const checked_at = '2026-11-20T10:00:00Z';
    const trial = { checked_at, outcome: 'up', reason_code: 'ok', message: 'Fine.', timings };
    api.use(
      http.post('*/api/v1/endpoints/try', () => HttpResponse.json({ ...trial, duration_ms: 93 })),
    );
    await fill('Address', 'shop.example');
    await userEvent.click(screen.getByRole('button', { name: 'Try it now' }));
    expect(await screen.findByText('Fine.')).toBeVisible();
    expect(screen.getByText('First byte')).toBeVisible();
    await fill('Address', '/other');
    expect(screen.queryByText('Fine.')).not.toBeInTheDocument();
  });
});

it('a full plan is known before the next attempt', async () => {
  localStorage.setItem('signalbox-endpoint-limit', '3');
  const page = { items: [], next_cursor: null, total: 3 };
  api.use(http.get('*/api/v1/endpoints', () => HttpResponse.json(page)));
  renderPage(<AddEndpoint onDone={onDone} />);
  expect(await screen.findByText('All 3 endpoints of your plan are in use')).toBeVisible();
});

describe('editing an endpoint', () => {
  it('names the version it changes, and stops when somebody was faster', async () => {
    const versions: (string | null)[] = [];
    let current = { ...shop };
    let tag = '"1"';
    api.use(
      http.get('*/api/v1/endpoints/:id', () =>
        HttpResponse.json(current, { headers: { etag: tag } }),
      ),
      http.put('*/api/v1/endpoints/:id', ({ request }) => {
        versions.push(request.headers.get('if-match'));
        if (request.headers.get('if-match') === '"2"') return HttpResponse.json(current);
        current = { ...shop, name: 'Renamed meanwhile' };
        tag = '"2"';
        return HttpResponse.json({ code: 'precondition_failed', detail: '' }, { status: 412 });
      }),
    );
    renderPage(<EditEndpoint id={shop.id} onDone={onDone} />);
    await screen.findByDisplayValue('Shop');
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }));
    expect(await screen.findByText('Someone else changed this endpoint')).toBeVisible();
    expect(onDone).not.toHaveBeenCalled();

    await userEvent.click(screen.getByRole('button', { name: 'Reload' }));
    await screen.findByDisplayValue('Renamed meanwhile');
    await userEvent.click(screen.getByRole('button', { name: 'Save changes' }));
    await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
    expect(versions).toEqual(['"1"', '"2"']);
  });
});
