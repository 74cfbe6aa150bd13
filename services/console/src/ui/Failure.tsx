/** What a person sees when a page or a part of it could not be had. */
import { Button, Text } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useState } from 'react';
import { Problem, problemText } from '~/api/problem';
import { MainLandmark } from './MainLandmark';
import { Notice } from './Notice';

/** A fault of this page has no request; a short mark joins the screen and the browser's log. */
function useReference(error: unknown): string {
  const [mark] = useState(() => {
    if (Problem.is(error)) return error.reference ?? `status ${error.status}`;
    const own = `page-${Date.now().toString(36)}`;
    console.error(own, error);
    return own;
  });
  return mark;
}

/** Part of a page failed: the rest stays usable. */
export function FailurePart({ error, retry }: { error: unknown; retry: () => void }) {
  const reference = useReference(error);
  return (
    <Notice
      order={3}
      urgent
      title="This could not be loaded"
      action={
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      }
    >
      {problemText(error)}
      <Text component="p" className="num" m={0}>
        Reference {reference}
      </Text>
    </Notice>
  );
}

/** The whole page failed: the router's error boundary. */
export function Failure({ error, reset }: { error: unknown; reset: () => void }) {
  useDocumentTitle('Something went wrong · Signalbox');
  const reference = useReference(error);
  return (
    <MainLandmark>
      <Notice
        order={1}
        urgent
        title="Something went wrong"
        action={
          <>
            <Button onClick={reset}>Try again</Button>
            <Button variant="default" component="a" href="/">
              Back to the start
            </Button>
          </>
        }
      >
        {problemText(error)} If it keeps happening, tell us the reference.
        <Text component="p" className="num" m={0}>
          Reference {reference}
        </Text>
      </Notice>
    </MainLandmark>
  );
}
