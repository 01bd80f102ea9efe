// The queue's page: what this browser kept of pages that are not open any more is sent from here.

import { sendLeftovers } from "./leftovers.js";

const { user, drafts } = document.getElementById("kept-here").dataset;
sendLeftovers({ user: Number(user), drafts });
