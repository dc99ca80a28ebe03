/** Short messages at the edge of the page, said aloud too. */
import { Toast } from "radix-ui";
import { explain } from "../api/problem.ts";
import { observable, useObservable } from "./observable.ts";

interface Message {
  readonly id: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly isProblem: boolean;
}

const MESSAGES_MAX = 3;
const SHOWN_MS = 5_000;
const PROBLEM_SHOWN_MS = 9_000;

const messages = observable<{ readonly list: readonly Message[]; readonly nextId: number }>({ list: [], nextId: 0 });

function show(message: Omit<Message, "id">): void {
  const { list, nextId } = messages.get();
  messages.set({ list: [...list, { ...message, id: nextId }].slice(-MESSAGES_MAX), nextId: nextId + 1 });
}

export function say(title: string): void {
  show({ title, detail: undefined, isProblem: false });
}

export function sayProblem(error: unknown): void {
  const { title, next } = explain(error);
  show({ title, detail: next, isProblem: true });
}

export function Toasts() {
  const list = useObservable(messages, (value) => value.list);
  const dismiss = (id: number) => messages.update({ list: messages.get().list.filter((one) => one.id !== id) });
  return (
    <Toast.Provider swipeDirection="right" label="Message">
      {list.map((message) => (
        <Toast.Root
          key={message.id}
          type={message.isProblem ? "foreground" : "background"}
          duration={message.isProblem ? PROBLEM_SHOWN_MS : SHOWN_MS}
          onOpenChange={(isOpen) => !isOpen && dismiss(message.id)}
          className="animate-[rise_180ms_ease-out] rounded-xl bg-ink px-4 py-3 text-canvas shadow-xl"
        >
          <Toast.Title className="text-sm font-semibold">{message.title}</Toast.Title>
          {message.detail !== undefined && (
            <Toast.Description className="mt-0.5 text-sm opacity-80">{message.detail}</Toast.Description>
          )}
        </Toast.Root>
      ))}
      <Toast.Viewport className="fixed right-4 bottom-[calc(var(--player-height)+var(--tabs-height)+1rem)] left-4 z-60 flex flex-col gap-2 outline-none sm:left-auto sm:w-96" />
    </Toast.Provider>
  );
}
