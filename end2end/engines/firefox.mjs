import { scenarios } from "./scenarios.mjs";

scenarios("firefox");
