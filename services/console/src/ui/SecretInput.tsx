/** Mantine's password field, which leaves `aria-invalid` out. */
import { PasswordInput, type PasswordInputProps } from '@mantine/core';

export function SecretInput(props: PasswordInputProps) {
  return <PasswordInput aria-invalid={props.error ? true : undefined} {...props} />;
}
