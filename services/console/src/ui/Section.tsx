/** A titled sheet: one subject of a page. */
import { Title } from '@mantine/core';
import clsx from 'clsx';
import { type ReactNode, useId } from 'react';
import classes from './Section.module.css';

interface SectionProps {
  title: string;
  /** Small print beside the title: a count, a window, a zone. */
  note?: ReactNode;
  actions?: ReactNode;
  /** Without inner padding: for tables and lists that run to the edge. */
  flush?: boolean;
  children: ReactNode;
}

export function Section({ title, note, actions, flush, children }: SectionProps) {
  const id = useId();
  return (
    <section className={clsx('sheet', classes.section)} aria-labelledby={id}>
      <div className={classes.head}>
        <div className={classes.titles}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {note && <div className={classes.note}>{note}</div>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
