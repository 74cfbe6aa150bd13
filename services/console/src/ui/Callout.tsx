/** A remark that has to be read before going on. The edge carries the tone; the title says it. */
import clsx from 'clsx';
import type { ReactNode } from 'react';
import classes from './Callout.module.css';

interface CalloutProps {
  tone?: 'plain' | 'warn' | 'down';
  title: string;
  children?: ReactNode;
}

export function Callout({ tone = 'plain', title, children }: CalloutProps) {
  return (
    <div
      className={clsx(classes.callout, classes[tone])}
      role={tone === 'plain' ? 'status' : 'alert'}
    >
      <strong>{title}</strong>
      {children && <div className={classes.text}>{children}</div>}
    </div>
  );
}
