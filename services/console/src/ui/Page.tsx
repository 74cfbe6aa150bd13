/** The frame of every page: eyebrow, sentence-like title, actions, then the thing. */
import { Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './Page.module.css';

interface PageProps {
  eyebrow: ReactNode;
  title: ReactNode;
  /** What the tab says, where it differs from the title on the page. */
  documentTitle?: string;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ eyebrow, title, documentTitle, actions, children }: PageProps) {
  const tab = documentTitle ?? (typeof title === 'string' ? title : '');
  useDocumentTitle(tab ? `${tab} · Signalbox` : 'Signalbox');
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <div className={classes.titles}>
          <div className="eyebrow">{eyebrow}</div>
          <Title order={1} className="wrap">
            {title}
          </Title>
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
