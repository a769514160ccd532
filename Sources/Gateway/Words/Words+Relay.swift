package import Council
package import Curl

/// What is wrong with the relay's settings beyond each value's own form, which the configuration's reader has checked.
extension SettingMistakes: WordedError {
    package var words: Bilingual {
        Bilingual(list.map { "\($0.field) : \(Self.french($0.words))" }.joined(separator: " ; ").printable, description.printable)
    }

    private static func french(_ words: String) -> String {
        switch true {
        case words.hasPrefix("write a host name"): "écrivez un nom de machine ou une adresse IP, par exemple smtp.agglo.example"
        case words.hasPrefix("write a port"): "écrivez un port de 1 à 65535, par exemple 587"
        case words.hasPrefix("write this machine's full name"):
            "écrivez le nom complet de cette machine, par exemple passerelle.agglo.example"
        case words.hasPrefix("no readable file at "): "aucun fichier lisible : " + words.dropFirst("no readable file at ".count)
        case words.hasPrefix("a CA file means nothing"): "une autorité de certification n'a pas de sens avec tls: none"
        case words.hasPrefix("a password is never sent in clear"): "un mot de passe ne part jamais en clair : tls: starttls ou implicit"
        case words.hasPrefix("write the relay account's name"): "écrivez le nom du compte au relais"
        case words.hasPrefix("write the relay account's password"): "le mot de passe est vide : écrivez celui du compte au relais"
        case words.hasPrefix("user and password go together"): "« user » et un mot de passe vont ensemble"
        case words.hasPrefix("write a number from 1 to 100"): "écrivez un nombre de 1 à 100"
        default: words
        }
    }
}
