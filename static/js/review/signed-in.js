// Tells the windows in which somebody was signed out that they are back.
import { tellSignedIn } from "../session.js";

tellSignedIn();
