// Work on an element that may wait until somebody can see it.

const MARGIN = "600px 0px"; // around the view: done before it is seen

/** `near(element)` hears once of each observed element that comes near the view of `root`. */
export function whenNear({ root, near, signal }) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near(target);
        observer.unobserve(target);
      }
    },
    { root, rootMargin: MARGIN },
  );
  signal.addEventListener("abort", () => observer.disconnect());
  return observer;
}
