import { useEffect, useRef, useState, type ReactNode } from "react";

interface FindFieldProps {
  readonly label: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
}

const LENGTH_MAX = 128;

/** Keeps what is typed to itself while it has the focus, since the address follows a moment later. */
export function FindField({ label, text, onChange }: FindFieldProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (document.activeElement !== input.current) setTyped(text);
  }, [text]);
  return (
    <input
      ref={input}
      className="find"
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={LENGTH_MAX}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        onChange(target.value);
      }}
    />
  );
}
