/** A fault in a page leaves the frame standing, and says what to do. */
import { Component, type ReactNode } from "react";
import { Button } from "@mantine/core";

export class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    const isOld = /dynamically imported module|module script/i.test(this.state.error.message);
    return (
      <div className="problem" role="alert">
        <div className="stack-small">
          <strong>{isOld ? "Tollway was updated" : "This page has a fault"}</strong>
          <p>{isOld ? "Reload to get the new pages." : `Reload the page; if it stays, report it with this text: ${this.state.error.message}`}</p>
          <div><Button onClick={() => location.reload()}>Reload</Button></div>
        </div>
      </div>
    );
  }
}
