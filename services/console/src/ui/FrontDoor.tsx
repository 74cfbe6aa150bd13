/** The frame of pages before the console: brand above, one narrow column below. */
import { Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { baseUrl } from '~/host';
import classes from './FrontDoor.module.css';
import { SignalboxMark } from './SignalboxMark';

interface FrontDoorProps {
  eyebrow: ReactNode;
  title: string;
  children: ReactNode;
}

export function FrontDoor({ eyebrow, title, children }: FrontDoorProps) {
  useDocumentTitle(`${title} · Signalbox`);
  return (
    <div className={classes.page}>
      <header className={classes.brand}>
        <a href={baseUrl()} className={classes.home}>
          <SignalboxMark /> Signalbox
        </a>
      </header>
      <main className={classes.column}>
        <div>
          <div className="eyebrow">{eyebrow}</div>
          <Title order={1} className="wrap">
            {title}
          </Title>
        </div>
        {children}
      </main>
    </div>
  );
}
