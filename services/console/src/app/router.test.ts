import { describe, expect, it } from 'vitest';
import { siteRewrite } from './router';

const input = (path: string) =>
  String(siteRewrite.input?.({ url: new URL(path, 'http://localhost') }));
const output = (path: string) =>
  String(siteRewrite.output?.({ url: new URL(path, 'http://localhost') }));

describe('the root host', () => {
  it('finds its pages under /site, whatever follows the path', () => {
    expect(input('/')).toBe('http://localhost/site');
    expect(input('/register?name=Acme#top')).toBe('http://localhost/site/register?name=Acme#top');
  });

  it('shows its addresses without it', () => {
    expect(output('/site')).toBe('http://localhost/');
    expect(output('/site/register')).toBe('http://localhost/register');
    expect(output('/sitemap')).toBe('http://localhost/sitemap');
  });
});
