"""A real kernel for tests: cells go in, outputs come out as a notebook would keep them, updates folded in."""

from __future__ import annotations

import os
import queue
import time

from jupyter_client.manager import KernelManager

SECONDS = 60


class Kernel:
    """A running kernel.

    Attributes
    ----------
    displays : dict
        The outputs that can still change, by their display id.
    """

    def __init__(self, folder, **environ):
        self.folder = folder
        self.manager = KernelManager(kernel_name="python3")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI_", "IMAGEGEN_", "AZURE_"))}
        home = {
            name: str(folder / "user") for name in ("HOME", "USERPROFILE", "IPYTHONDIR", "XDG_CONFIG_HOME")
        }
        env = clean | home | {"IMAGEGEN_HOME": str(folder / "store")} | environ
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)
        self.cells, self.displays = {}, {}

    def start(self, code):
        """Run a cell without waiting; gives its id."""
        cell = self.client.execute(code)
        self.cells[cell] = []
        return cell

    def run(self, code):
        """Run a cell to its end; gives its outputs."""
        return self.finish(self.start(code))

    def until(self, wanted, seconds=SECONDS):
        """Take messages in until one is the wanted one."""
        end = time.monotonic() + seconds
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError("what was waited for never came from the kernel") from None
            self._take(message)
            if wanted(message):
                return message

    def until_true(self, condition):
        """Take messages in until something holds; perhaps it does already."""
        if not condition():
            self.until(lambda _: condition())

    def finish(self, cell):
        """Wait for the end of a cell that was started; gives its outputs."""
        self.until(lambda message: message["msg_type"] == "status" and self._ends(message, cell))
        self.reply(cell)
        return self.cells[cell]

    def reply(self, cell):
        """Wait for the kernel's answer to a cell."""
        while True:
            message = self.client.get_shell_msg(timeout=SECONDS)
            if message["parent_header"].get("msg_id") == cell:
                return message["content"]

    def interrupt(self):
        self.manager.interrupt_kernel()

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def _ends(self, message, cell):
        return (
            message["parent_header"].get("msg_id") == cell and message["content"]["execution_state"] == "idle"
        )

    def _take(self, message):
        kind, content = message["msg_type"], message["content"]
        outputs = self.cells.setdefault(message["parent_header"].get("msg_id"), [])
        place = content.get("transient", {}).get("display_id") if isinstance(content, dict) else None
        if kind == "update_display_data":
            for output in self.displays.get(place, []):
                output.update(
                    data=content["data"], metadata=content["metadata"], updates=output["updates"] + 1
                )
        elif kind in {"display_data", "execute_result", "error", "stream"}:
            output = {"output_type": kind, "updates": 0, **content}
            outputs.append(output)
            if place:
                self.displays.setdefault(place, []).append(output)
