/** A path without a page. */
import { Link } from "wouter";
import { Empty, Page, Panel } from "../../parts/page";

export default function NotFound() {
  return (
    <Page title="No such page">
      <Panel><Empty title="There is nothing at this address" act={<Link href="/">Go to the home page</Link>}>It may have moved, or the address was cut. Ctrl-K finds pages, tokens and calls.</Empty></Panel>
    </Page>
  );
}
