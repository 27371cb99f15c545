// What the site's scripts say, by the page's language.
const courseWords = {
  vi: { goOn: "Đọc tiếp chỗ bạn dừng:", read: "đã đọc hết" },
  en: { goOn: "Go on where you were:", read: "read to the end" },
}[document.documentElement.lang] ?? {};
