/** The one error of the console: an RFC 9457 answer, or no answer at all. */
import type { components } from './schema.gen';

/** Members that some codes add, which the description leaves open. */
interface Extensions {
  /** `endpoint_exists`: which one. */
  existing_id?: string | null;
  /** `plan_limit`: how many the plan allows. */
  limit?: number;
}

type ProblemBody = Partial<components['schemas']['Problem']> & Extensions;

/** Fields by their form name; `form` holds what belongs to no field. */
export type FieldMessages = Record<string, string>;

export class Problem extends Error {
  override readonly name = 'Problem';

  /** 0 where no answer came. */
  readonly status: number;
  /** Stable: the one thing to branch on. */
  readonly code: string;
  readonly body: ProblemBody;
  readonly retryAfterSeconds: number | null;

  private constructor(status: number, body: ProblemBody, retryAfterSeconds: number | null) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? 'unreadable';
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Reads any refusal, also one that a proxy wrote without a problem body. */
  static async from(response: Response): Promise<Problem> {
    const body: ProblemBody = await response.json().catch(() => ({}));
    const wait = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
    return new Problem(response.status, body, Number.isNaN(wait) ? null : wait);
  }

  /** The request never got an answer. */
  static unreachable(): Problem {
    const detail = 'The server cannot be reached right now.';
    return new Problem(0, { code: 'unreachable', detail }, null);
  }

  static is(error: unknown): error is Problem {
    return error instanceof Problem;
  }

  /** Worth asking again by itself: nobody answered, or the server was briefly away. */
  get transient(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503;
  }

  /** Names this failure to whoever reads the logs. */
  get reference(): string | null {
    return this.body.request_id ?? null;
  }

  /** `/email` -> `email`; nested pointers keep their first member, which is the form's field. */
  fieldMessages(): FieldMessages {
    const messages: FieldMessages = {};
    for (const { pointer, message } of this.body.errors ?? []) {
      const field = pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~') || 'form';
      messages[field] ??= message;
    }
    return messages;
  }
}

/** What a caught value says to a person. */
export const problemText = (error: unknown): string =>
  Problem.is(error) ? error.message : 'Something went wrong in this page.';
