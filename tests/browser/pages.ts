import type { BrowserContext, Page } from "playwright-core";
import type { Account } from "#tests/e2e/service-fixtures.ts";

/** A page of somebody who has signed in by the form. */
export async function signIn(context: BrowserContext, url: string, account: Account): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  const form = page.getByTestId("sign-in-form");
  await form.getByLabel("E-mail").fill(account.email);
  await form.getByLabel("Password", { exact: true }).fill(account.password);
  await form.getByRole("button", { name: "Sign in" }).click();
  await form.waitFor({ state: "detached" });
  return page;
}
