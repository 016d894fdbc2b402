import { render } from "preact";
import { App } from "./app.tsx";
import { followLinks } from "./state/address.ts";
import { placeOf } from "./state/paths.ts";

followLinks((path) => placeOf(path) !== null);
const place = document.getElementById("console");
if (place) render(<App />, place);
