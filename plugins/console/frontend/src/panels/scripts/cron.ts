/** Time tables in words, as far as words are shorter than the time table. */
export interface CronWords {
  everyMinute: string;
  everyMinutes: (count: string) => string;
  hourly: (minute: string) => string;
  daily: (time: string) => string;
  weekdays: (time: string) => string;
  weekly: (days: string, time: string) => string;
  monthly: (day: string, time: string) => string;
}

const NUMBER = /^\d{1,2}$/;
const DAYS = /^[0-7](,[0-7])*$/;
const SUNDAY = Date.UTC(2026, 0, 4);
const DAY = 86_400_000;

/** null where it is not one of the usual ones. */
export function inWords(cron: string, words: CronWords, language: string): string | null {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const always = day === "*" && month === "*" && weekday === "*";
  if (hour === "*" && always) return withinHours(minute, words);
  if (!NUMBER.test(minute) || !NUMBER.test(hour) || month !== "*") return null;
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (always) return words.daily(time);
  if (day === "*") return weekday === "1-5" ? words.weekdays(time) : DAYS.test(weekday) ? words.weekly(daysOf(weekday, language), time) : null;
  return NUMBER.test(day) && weekday === "*" ? words.monthly(day, time) : null;
}

function withinHours(minute: string, words: CronWords): string | null {
  if (minute === "*") return words.everyMinute;
  const every = /^\*\/(\d+)$/.exec(minute);
  if (every) return words.everyMinutes(every[1]!);
  return NUMBER.test(minute) ? words.hourly(minute.padStart(2, "0")) : null;
}

function daysOf(weekday: string, language: string): string {
  const named = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
  const days = [...new Set(weekday.split(",").map((day) => Number(day) % 7))];
  return new Intl.ListFormat(language, { type: "conjunction" }).format(days.map((day) => named.format(SUNDAY + day * DAY)));
}
