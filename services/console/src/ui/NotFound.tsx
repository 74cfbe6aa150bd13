/** An address nothing stands behind. */
import { Button } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { MainLandmark } from './MainLandmark';
import { Notice } from './Notice';

export function NotFound() {
  useDocumentTitle('Not found · Signalbox');
  return (
    <MainLandmark>
      <Notice
        order={1}
        title="Nothing here"
        action={
          <Button component="a" href="/">
            Back to the start
          </Button>
        }
      >
        This address leads nowhere. It may have been mistyped, or what stood here was removed.
      </Notice>
    </MainLandmark>
  );
}
