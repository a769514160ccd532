import Council

/// The text inside every proof that tells how to check it by hand, with tools that are not ours.
enum ProofReadMe {
    /// `edition` nil: of a file that doesn't say for whom it was made.
    static func text(_ language: Language, _ edition: Edition?) -> [UInt8] {
        let text = language == .french ? french : english
        let words = edition?.words
        let line =
            switch language {
            case .french: words.map { "C'est l'\($0.french)." } ?? ""
            case .english: words.map { "It is \($0.english)." } ?? ""
            }
        return Array(text.replacing("EDITION", with: line).utf8)
    }

    private static let french = """
        PREUVE D'INSCRIPTION AU REGISTRE DES CONVOCATIONS

        Ce fichier (une archive ZIP, conteneur ASiC-E) établit qu'une ou plusieurs inscriptions figurent au registre public
        tenu par la collectivité, et depuis quand au plus tard. Il se vérifie hors connexion :

            appariteur verify preuve.asice --document LE-DOCUMENT.pdf --log-key "$(cat la-cle-publiee)"

        Ce qui la rend plus forte, si vous l'avez par ailleurs : --witness-key (la clé d'un témoin, une collectivité voisine qui
        surveille le registre), --timestamp-ca (les racines des autorités d'horodatage), --node ou --block-headers (un nœud
        Bitcoin, ou des en-têtes de blocs). Ou dans un navigateur, en ouvrant VERIFIER.html (de préférence celui que publie la collectivité),
        ou à la main, avec des outils publics.

        EDITION

        Ce qu'il contient :

            proof.json                    l'objet de la preuve et la liste de ses inscriptions
            facts/N/leaf.json             l'inscription n° N, telle qu'au registre
            facts/N/leaf.tlog-proof       son chemin jusqu'à l'état signé du registre (c2sp.org/tlog-proof)
            facts/N/leaf.cosigned.tlog-proof   le même chemin jusqu'à un état plus récent que des témoins ont cosigné
            facts/N/opening.json, .key    le contenu scellé dans l'inscription, et la clé qui l'ouvre
            checkpoints/T/checkpoint      l'état du registre à T inscriptions, signé (c2sp.org/signed-note), et les lignes de
                                          témoins qui l'ont cosigné (c2sp.org/tlog-cosignature)
            checkpoints/T/body            son texte : ce qui est horodaté
            checkpoints/T/body.*.tsr      horodatage RFC 3161
            checkpoints/T/body.*.chain.pem, .crl.pem      certificats et listes de révocation de cet horodatage
            checkpoints/T/body.*.later-crl.pem            s'il y est : une liste plus récente, qui retire cet horodatage
            checkpoints/T/body.*.renewal-I.txt, .tsr      son renouvellement n° I, avant que son certificat n'expire
            checkpoints/T/body.ots        horodatage OpenTimestamps (Bitcoin)
            checkpoints/T/block-H.header  l'en-tête du bloc de hauteur H auquel il mène
            authorities/*.pem             les certificats racines des autorités d'horodatage
            vkey                          la clé publique du registre, à comparer à celle que publie la collectivité

        Vérifier à la main, dans le dossier où l'archive est décompressée (remplacez N, T et NOM) :

        1. Le document est celui de l'inscription : son empreinte est dans facts/N/leaf.json (ou opening.json), à « document ».
            sha256sum LE-DOCUMENT.pdf

        2. Le contenu est celui qui a été scellé : le résultat est dans facts/N/leaf.json, à « commitment ».
            openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat facts/N/opening.key) facts/N/opening.json

        3. L'inscription est dans le registre signé : empreinte de feuille SHA-256(00 || leaf.json), puis chemin de
           leaf.tlog-proof selon la RFC 9162 (section 2.1.3.2) ; tout outil « tlog » sait le faire. La première ligne de
           checkpoint est le nom du registre, la deuxième le nombre d'inscriptions, la troisième la racine.

        4. L'état du registre existait à l'heure dite :
            openssl ts -reply -in checkpoints/T/body.NOM.tsr -text
            openssl ts -verify -data checkpoints/T/body -in checkpoints/T/body.NOM.tsr -CAfile authorities/NOM.pem
           Si le certificat de l'autorité a expiré depuis, ajoutez -no_check_time ; l'horodatage vaut alors par ses
           renouvellements, s'il y en a, faits à temps : de même, body.NOM.renewal-1.tsr sur body.NOM.renewal-1.txt, qui est la
           liste des empreintes (sha256sum) de ce qui est renouvelé, sous les noms qu'a le registre (body.tsr pour body.NOM.tsr).

        5. Il est dans la chaîne Bitcoin :
            ots info checkpoints/T/body.ots
            ots verify checkpoints/T/body.ots -f checkpoints/T/body
           L'en-tête joint, s'il y est, montre qu'un bloc de cette racine de Merkle a été fabriqué avec le travail qu'il annonce
           (ci-dessous : son numéro, à l'envers). Que ce bloc soit dans la chaîne, un nœud ou un explorateur le dit :
            tail -n 1 checkpoints/T/block-H.header | cut -d : -f 2 | xxd -r -p | openssl dgst -sha256 -binary | openssl dgst -sha256

        6. Des témoins l'ont vu : chaque ligne « — NOM … » de checkpoint qui n'est pas du registre est une cosignature, sur
           « cosignature/v1 », « time SECONDES » et body. Tout outil « tlog » la vérifie avec la clé du témoin.

        7. Le fichier entier, s'il porte META-INF/timestamp.tst :
            openssl ts -verify -data META-INF/ASiCManifest.xml -in META-INF/timestamp.tst -token_in -CAfile authorities/NOM.pem

        Ce registre n'est pas un service qualifié au sens du règlement eIDAS.

        """

    private static let english = """
        PROOF OF AN ENTRY IN THE REGISTER OF CONVOCATIONS

        This file (a ZIP archive, an ASiC-E container) establishes that one or several entries are in the public register kept
        by the authority, and since when at the latest. It is checked offline:

            appariteur verify proof.asice --document THE-DOCUMENT.pdf --log-key "$(cat the-published-key)"

        What makes it stronger, where you have it from elsewhere: --witness-key (the key of a witness, a neighbouring authority
        that watches the register), --timestamp-ca (roots of timestamp authorities), --node or --block-headers (a Bitcoin node,
        or headers of blocks). Or in a browser, by opening VERIFIER.html (rather the one that the authority publishes),
        or by hand, with public tools.

        EDITION

        What is in it:

            proof.json                    the proof's subject and the list of its entries
            facts/N/leaf.json             entry number N, as in the register
            facts/N/leaf.tlog-proof       its path to the register's signed state (c2sp.org/tlog-proof)
            facts/N/leaf.cosigned.tlog-proof   the same path to a later state that witnesses have cosigned
            facts/N/opening.json, .key    the content sealed in the entry, and the key that opens it
            checkpoints/T/checkpoint      the register's state of T entries, signed (c2sp.org/signed-note), with lines of the
                                          witnesses that cosigned it (c2sp.org/tlog-cosignature)
            checkpoints/T/body            its text: what is stamped
            checkpoints/T/body.*.tsr      RFC 3161 timestamp
            checkpoints/T/body.*.chain.pem, .crl.pem      certificates and revocation lists of that timestamp
            checkpoints/T/body.*.later-crl.pem            where there is one: a later list, which takes that timestamp back
            checkpoints/T/body.*.renewal-I.txt, .tsr      its renewal number I, before its certificate expired
            checkpoints/T/body.ots        OpenTimestamps proof (Bitcoin)
            checkpoints/T/block-H.header  the header of the block of height H that it leads to
            authorities/*.pem             root certificates of the timestamp authorities
            vkey                          the register's public key, to be compared with the one the authority publishes

        By hand, in the folder where the archive is unpacked (put your N, T and NAME):

        1. The document is the entry's: its hash is in facts/N/leaf.json (or opening.json), under “document”.
            sha256sum THE-DOCUMENT.pdf

        2. The content is the one that was sealed: the result is in facts/N/leaf.json, under “commitment”.
            openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat facts/N/opening.key) facts/N/opening.json

        3. The entry is in the signed register: leaf hash SHA-256(00 || leaf.json), then the path in leaf.tlog-proof as in
           RFC 9162 (section 2.1.3.2); any “tlog” tool does it. The first line of checkpoint is the register's name, the
           second its number of entries, the third its root.

        4. The register's state existed at that time:
            openssl ts -reply -in checkpoints/T/body.NAME.tsr -text
            openssl ts -verify -data checkpoints/T/body -in checkpoints/T/body.NAME.tsr -CAfile authorities/NAME.pem
           Where the authority's certificate has expired since, add -no_check_time; the timestamp then stands by its
           renewals, if there are any, made in time: check body.NAME.renewal-1.tsr over body.NAME.renewal-1.txt the same way. That
           is the list of hashes (sha256sum) of what is renewed, by the register's names (body.tsr for body.NAME.tsr).

        5. It is in Bitcoin's chain:
            ots info checkpoints/T/body.ots
            ots verify checkpoints/T/body.ots -f checkpoints/T/body
           The header, where there is one, shows that a block of that merkle root was made with the work that it names (below:
           its number, reversed). That the block is in the chain a node or an explorer tells:
            tail -n 1 checkpoints/T/block-H.header | cut -d : -f 2 | xxd -r -p | openssl dgst -sha256 -binary | openssl dgst -sha256

        6. Witnesses have seen it: each line “— NAME …” of checkpoint that is not the register's is a cosignature over
           “cosignature/v1”, “time SECONDS” and body. Any “tlog” tool checks it with the witness's key.

        7. The whole file, where it has META-INF/timestamp.tst:
            openssl ts -verify -data META-INF/ASiCManifest.xml -in META-INF/timestamp.tst -token_in -CAfile authorities/NAME.pem

        This register is not a qualified service under the eIDAS regulation.

        """
}
