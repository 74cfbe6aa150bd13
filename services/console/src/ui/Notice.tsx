/** What stands where content cannot: one sentence, why, and one thing to do. */
import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './Notice.module.css';

interface NoticeProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** Heading level by place: a whole page, or part of one. */
  order?: 1 | 2 | 3;
  /** Announced as soon as it appears. */
  urgent?: boolean;
}

export function Notice({ title, children, action, order = 2, urgent }: NoticeProps) {
  return (
    <div className={classes.notice} role={urgent ? 'alert' : undefined}>
      <Title order={order} size="h2">
        {title}
      </Title>
      <Text component="div" c="dimmed" className={classes.text}>
        {children}
      </Text>
      {action && <div className={classes.action}>{action}</div>}
    </div>
  );
}
