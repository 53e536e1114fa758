/// <reference types="vite/client" />

interface ImportMetaEnv {
  readonly VITE_SEGMETER_URL?: string;
  readonly VITE_ACCOUNT_ID?: string;
}
