/** Fetches the copy and hands it to the browser as a file: a plain link could not ask for a fresh proof. */
import { Problem } from '~/api/problem';
import { send } from '~/api/send';

export async function downloadCopy(name: string): Promise<void> {
  const request = new Request(new URL('/api/v1/me/export', location.href));
  const response = await send(request).catch(() => {
    throw Problem.unreachable();
  });
  if (!response.ok) throw await Problem.from(response);
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
