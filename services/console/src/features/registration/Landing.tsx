/** The root host's front page: what this is, and the two ways in. */
import { Button, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { SignalboxMark } from '~/ui/SignalboxMark';
import classes from './Landing.module.css';
import { SampleBoard } from './SampleBoard';

const FACTS = [
  {
    title: 'On a fixed beat',
    text: 'Each address is asked on its own steady rhythm. A check that was missed counts as unknown, never as down.',
  },
  {
    title: 'Says why',
    text: 'Name lookup, connection, certificate, first byte: every answer is timed in phases and explained in one sentence.',
  },
  {
    title: 'A house of your own',
    text: 'Your organisation gets its own address and its own walls. Nobody else’s data stands in the same room.',
  },
];

export function Landing() {
  useDocumentTitle('Signalbox · know what answers');
  return (
    <div className={classes.page}>
      <header className={classes.top}>
        <span className={classes.brand}>
          <SignalboxMark /> Signalbox
        </span>
        <Button component={Link} to="/site/login" variant="default">
          Find my workspace
        </Button>
      </header>
      <main>
        <div className={classes.hero}>
          <div className="eyebrow">Uptime monitoring for organisations</div>
          <Title order={1} className={classes.title}>
            Know what answers, and what does not.
          </Title>
          <Text size="lg" className={classes.lead}>
            Signalbox asks your sites and services whether they are well, keeps the times, and shows
            your team the moment one stops answering.
          </Text>
          <div className={classes.ways}>
            <Button component={Link} to="/site/register" size="md">
              Create a workspace
            </Button>
            <Button component={Link} to="/site/login" size="md" variant="default">
              Find my workspace
            </Button>
          </div>
        </div>
        <SampleBoard />
        <div className={classes.facts}>
          {FACTS.map(({ title, text }) => (
            <div key={title}>
              <Title order={2} size="h3">
                {title}
              </Title>
              <Text c="dimmed" size="sm" mt={4}>
                {text}
              </Text>
            </div>
          ))}
        </div>
      </main>
    </div>
  );
}
