// The counter page: what the demo says of its world goes to each thing on the
// counter; what a visitor does goes back as a request. No state is kept here.
import { listen } from "./api.js";
import * as guide from "./guide.js";
import * as ledger from "./ledger.js";
import { serverGone } from "./notices.js";
import * as paper from "./paper.js";
import * as phone from "./phone.js";
import * as terminal from "./terminal.js";
import * as world from "./world.js";

listen(
  {
    state(state) {
      terminal.setState(state);
      for (const thing of [phone, paper, world, ledger, guide]) thing.setTerminal(state);
    },
    screen: terminal.setScreen,
    paper(next, first) {
      paper.setPaper(next);
      guide.setPaper(next, first);
    },
    peripherals(next, first) {
      terminal.setLed(next.led);
      paper.setPrinter(next.printer);
      world.setPeripherals(next, first);
    },
    ledger: ledger.setLedger,
    phone: phone.setPhone,
    world(next) {
      terminal.setPower(next.power);
      world.setWorld(next);
    },
  },
  {
    onOpen() {
      serverGone(false);
      phone.open();
    },
    onGone() {
      serverGone(true);
      phone.sleep();
    },
  },
);
