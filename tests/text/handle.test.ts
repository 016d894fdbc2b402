import { expect, test } from "@jest/globals";
import { chooseHandle, handleOf } from "../../jobs/text/handle.ts";

test.each([
  ["How to Make Crème Brûlée", "en", "how-to-make-creme-brulee"],
  ["Größe & Farbe für iPhones", "de", "groesse-farbe-fuer-iphones"],
  ["Salt & Pepper", "en", "salt-and-pepper"],
  ["コーヒー豆の選び方", "ja", ""],
  ["🎉 !!!", "en", ""],
  ["c++ (", "en", "c"],
  [`${"word ".repeat(40)}`, "en", "word-".repeat(15).slice(0, -1)],
  ["x".repeat(200), "en", "x".repeat(75)],
])("%p in %p becomes %p", (text, language, handle) => {
  expect(handleOf(text, language)).toBe(handle);
});

test("the first handle with the focus keyword is chosen, else the first that says anything", () => {
  const choose = (candidates: string[], focusKeyword = "rye bread", language = "en") =>
    chooseHandle(candidates, { focusKeyword, language, jobId: "job_0123456789abcdef" });
  expect(choose(["A guide", "Good rye bread"])).toBe("good-rye-bread");
  expect(choose(["Rye breads", "A guide"])).toBe("rye-breads");
  expect(choose(["🎉", "A guide"], "パン")).toBe("a-guide");
  expect(choose(["パンの焼き方", ""], "パン", "ja")).toBe("ja-89abcdef");
});
