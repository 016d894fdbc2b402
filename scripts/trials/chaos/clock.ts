/** Lets this process's clock be ahead of the machine's by so much, or behind it. */
export function shiftClock(milliseconds: number): void {
  const MachineDate = Date;
  const now = (): number => MachineDate.now() + milliseconds;
  // All that code may ask of the time goes through `Date`: with arguments it is what it was.
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
}
