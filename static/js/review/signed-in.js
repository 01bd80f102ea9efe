// Tells the window in which somebody was signed out that they are back.
new BroadcastChannel("ocr-review").postMessage("signed-in");
