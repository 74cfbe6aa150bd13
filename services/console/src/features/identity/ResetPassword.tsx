/** Choosing another password by the link of a mail. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { PasswordByLink } from './PasswordByLink';

export function ResetPassword() {
  return (
    <PasswordByLink
      path="/api/v1/auth/reset-password"
      eyebrow="A new password"
      title="Choose a new password"
      label="Change my password"
      done={(email) => ({
        title: 'Your password is changed',
        said: `Every browser and program that was signed in as ${email} is signed out.`,
      })}
      dead={
        <Button component={Link} to="/forgot-password">
          Send me a new link
        </Button>
      }
    />
  );
}
