// The words of the demo banks' home pages.
export const TEXTS = {
  pl: {
    all: {
      menu: "Oferta", accounts: "Konta", cards: "Karty", savings: "Oszczędności", sign_in: "Zaloguj się", balance: "Dostępne środki",
      groceries: "Zakupy spożywcze", salary: "Wynagrodzenie", tickets: "Bilety", fiction: "bank fikcyjny, stworzony na potrzeby demonstracji",
      ask: "Masz pytanie?", ask_more: "Napisz do nas na czacie w rogu strony. Asystent odpowiada od razu, o każdej porze, a kiedy trzeba, łączy z człowiekiem.",
    },
    classic: {
      headline: "Bank, który zna swoich klientów", promise: "Konto, karta z dostawą do domu i doradcy, którzy odbierają telefon.",
      open_account: "Otwórz konto", fine: "0 zł za prowadzenie konta i kartę dla osób do 26 lat.",
      offer1: "Konto na co dzień", offer1_more: "Przelewy i BLIK bez opłat, a do tego 800 własnych bankomatów.",
      offer2: "Karta, która czuwa", offer2_more: "Zablokujesz ją jednym przyciskiem, a limity zmienisz w aplikacji.",
      offer3: "Lokata bez haczyków", offer3_more: "Stałe oprocentowanie i jasna umowa na jednej stronie.",
    },
    mobile: {
      headline: "Cały bank w kieszeni", promise: "Konto w pięć minut, przelewy w kilka sekund i pieniądze, które widzisz na bieżąco.",
      open_account: "Załóż konto", fine: "Wystarczy dowód i telefon. Bez wizyty w oddziale.",
      offer1: "Konto w 5 minut", offer1_more: "Zdjęcie dowodu, selfie i gotowe: karta działa od razu w telefonie.",
      offer2: "Waluty bez prowizji", offer2_more: "Płać za granicą po kursie, który widzisz przed zapłatą.",
      offer3: "Oszczędzanie samo z siebie", offer3_more: "Zaokrąglaj zakupy i odkładaj drobne bez wysiłku.",
    },
  },
  ru: {
    all: {
      menu: "Предложение", accounts: "Счета", cards: "Карты", savings: "Накопления", sign_in: "Войти", balance: "Доступно",
      groceries: "Продукты", salary: "Зарплата", tickets: "Билеты", fiction: "вымышленный банк, созданный для демонстрации",
      ask: "Есть вопрос?", ask_more: "Напишите нам в чат в углу страницы. Ассистент отвечает сразу и в любое время, а если нужно, зовёт человека.",
    },
    classic: {
      headline: "Банк, который знает своих клиентов", promise: "Счёт, карта с доставкой на дом и консультанты, которые берут трубку.",
      open_account: "Открыть счёт", fine: "0 злотых за счёт и карту для клиентов до 26 лет.",
      offer1: "Счёт на каждый день", offer1_more: "Переводы и BLIK без комиссии и 800 собственных банкоматов.",
      offer2: "Карта под защитой", offer2_more: "Заблокируйте её одной кнопкой, а лимиты меняйте в приложении.",
      offer3: "Вклад без подвоха", offer3_more: "Постоянная ставка и понятный договор на одной странице.",
    },
    mobile: {
      headline: "Весь банк в кармане", promise: "Счёт за пять минут, переводы за секунды и деньги всегда на виду.",
      open_account: "Открыть счёт", fine: "Нужны только документ и телефон. Без визита в отделение.",
      offer1: "Счёт за 5 минут", offer1_more: "Фото документа, селфи и готово: карта сразу работает в телефоне.",
      offer2: "Валюта без комиссии", offer2_more: "Платите за границей по курсу, который видите заранее.",
      offer3: "Копится само", offer3_more: "Округляйте покупки и откладывайте мелочь без усилий.",
    },
  },
  en: {
    all: {
      menu: "What we offer", accounts: "Accounts", cards: "Cards", savings: "Savings", sign_in: "Sign in", balance: "Available",
      groceries: "Groceries", salary: "Salary", tickets: "Tickets", fiction: "a fictional bank, made for this demo",
      ask: "Do you have a question?", ask_more: "Write to us in the chat in the corner. The assistant answers at once, at any hour, and fetches a person when you need one.",
    },
    classic: {
      headline: "The bank that knows its customers", promise: "An account, a card delivered to your door, and advisers who pick up the phone.",
      open_account: "Open an account", fine: "PLN 0 for the account and the card if you are under 26.",
      offer1: "An everyday account", offer1_more: "Transfers and BLIK free of charge, and 800 cash machines of our own.",
      offer2: "A card on guard", offer2_more: "Block it with one button and change its limits in the app.",
      offer3: "A deposit with no catch", offer3_more: "A fixed rate and a clear agreement on a single page.",
    },
    mobile: {
      headline: "A whole bank in your pocket", promise: "An account in five minutes, transfers in seconds, and money that you can always see.",
      open_account: "Get started", fine: "All you need is an ID and a phone. No visit to a branch.",
      offer1: "An account in 5 minutes", offer1_more: "A photo of your ID, a selfie, done: the card works on your phone at once.",
      offer2: "Currencies without a fee", offer2_more: "Pay abroad at a rate that you see before you pay.",
      offer3: "Savings that save themselves", offer3_more: "Round up what you spend and put the change aside without effort.",
    },
  },
};
