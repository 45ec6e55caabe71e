import { scenarios } from "./scenarios.mjs";

scenarios("chromium");
