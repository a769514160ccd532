/// The papers of an invented council: enough words and figures that they read like the real ones.
struct SampleDocuments {
    struct Paper {
        /// The number that the file's name begins with.
        let label: String
        let title: String
        let blocks: [PDFWriter.Block]
    }

    /// The year whose budget is voted.
    let year: Int

    var all: [Paper] {
        [
            note, minutes, budget, budgetAnnex, debt, water, waterReport, climate, waste, tenders, music, posts,
        ]
    }

    private var note: Paper {
        Paper(
            label: "00", title: "Note de synthèse",
            blocks: [
                .paragraph(
                    "La présente note accompagne la convocation, conformément à l’article L. 2121-12 du code général des collectivités territoriales. Elle présente, pour chaque affaire inscrite à l’ordre du jour, le contexte, les éléments financiers et la décision proposée au conseil communautaire."
                ),
                .heading("1. Procès-verbal de la séance précédente"),
                .paragraph("Le procès-verbal, joint, est soumis à l’approbation du conseil. Aucune observation n’est parvenue au siège."),
                .heading("2. Budget primitif \(year)"),
                .paragraph(
                    "Le budget s’équilibre à 24 860 000 € en fonctionnement et à 11 340 000 € en investissement. Les taux d’imposition sont inchangés. L’épargne brute progresse de 3,1 %, ce qui permet de financer la rénovation de la piscine sans emprunt nouveau la première année."
                ),
                .bullet("Fonctionnement : +1,8 % par rapport au budget précédent, pour l’essentiel l’énergie et les rémunérations."),
                .bullet("Investissement : voirie, piscine, réseau d’eau potable, fibre des zones d’activité."),
                .bullet("Dette : la capacité de désendettement passe de 5,4 à 5,1 années."),
                .heading("3. Tarifs de l’eau et de l’assainissement"),
                .paragraph(
                    "Il est proposé de porter le prix du mètre cube à 2,14 € hors taxes, soit +0,06 €, afin de tenir le rythme de renouvellement des canalisations fixé à 1,2 % par an."
                ),
                .heading("4. Plan climat-air-énergie territorial"),
                .paragraph(
                    "Le bilan à mi-parcours montre une baisse de 9 % des émissions depuis 2021. Le conseil est invité à en prendre acte et à adopter les douze actions complémentaires."
                ),
                .heading("5. Marché de collecte des déchets"),
                .paragraph(
                    "La commission d’appel d’offres s’est réunie le mois dernier. Le marché porte sur quatre ans, reconductible une fois. Le rapport d’analyse des offres est communiqué aux seuls conseillers."
                ),
                .heading("6. Convention avec le conservatoire de musique"),
                .paragraph("Renouvellement pour trois ans ; la participation annuelle passe de 82 000 € à 85 000 €."),
                .heading("7. Création de deux emplois permanents"),
                .paragraph(
                    "Un poste de technicien de rivière et un poste de chargée d’accueil à la maison France services, à compter du 1er mars."
                ),
            ])
    }

    private var minutes: Paper {
        Paper(
            label: "01", title: "Procès-verbal de la séance précédente",
            blocks: [
                .paragraph("Le conseil communautaire, légalement convoqué, s’est réuni en séance publique à 18 h 30, salle du conseil."),
                .heading("Ouverture"),
                .paragraph("Le quorum est atteint. Le procès-verbal précédent est adopté à l’unanimité."),
                .heading("Délibérations"),
                .bullet("Rapport d’activité du service public d’assainissement non collectif : le conseil prend acte."),
                .bullet("Fonds de concours aux communes pour la réfection des salles communales : adopté, deux abstentions."),
                .bullet("Adhésion au groupement de commandes pour l’électricité : adopté à l’unanimité."),
                .heading("Questions diverses"),
                .paragraph(
                    "Le calendrier des travaux du pont de la Lie est présenté ; une réunion publique se tiendra à Pont-Lie. La séance est levée à 20 h 55."
                ),
            ])
    }

    private var budget: Paper {
        Paper(
            label: "02", title: "Budget primitif \(year)",
            blocks: [
                .paragraph(
                    "Le présent document retrace les crédits proposés pour l’exercice \(year), votés par nature et par chapitre, conformément à l’instruction budgétaire et comptable M57."
                ),
                .heading("Section de fonctionnement : dépenses"),
                .row("011 Charges à caractère général", "6 420 000 €"),
                .row("012 Charges de personnel", "9 180 000 €"),
                .row("014 Atténuations de produits", "3 050 000 €"),
                .row("65 Autres charges de gestion courante", "3 640 000 €"),
                .row("66 Charges financières", "310 000 €"),
                .row("023 Virement à la section d’investissement", "2 260 000 €"),
                .row("Total", "24 860 000 €"),
                .heading("Section de fonctionnement : recettes"),
                .row("70 Produits des services", "2 930 000 €"),
                .row("73 Impôts et taxes", "14 720 000 €"),
                .row("74 Dotations et participations", "6 480 000 €"),
                .row("75 Autres produits de gestion courante", "730 000 €"),
                .row("Total", "24 860 000 €"),
                .pageBreak,
                .heading("Section d’investissement"),
                .row("20 Études et logiciels", "420 000 €"),
                .row("204 Subventions d’équipement versées", "1 150 000 €"),
                .row("21 Immobilisations corporelles", "3 260 000 €"),
                .row("23 Immobilisations en cours : piscine des Trois-Moulins", "4 900 000 €"),
                .row("16 Remboursement du capital des emprunts", "1 610 000 €"),
                .row("Total", "11 340 000 €"),
                .heading("Équilibre"),
                .paragraph(
                    "Le remboursement du capital est couvert par les ressources propres. L’emprunt d’équilibre inscrit, 2 100 000 €, ne sera appelé que si le versement des subventions tarde."
                ),
            ])
    }

    private var budgetAnnex: Paper {
        Paper(
            label: "02.1", title: "Annexe financière",
            blocks: [
                .heading("Programme pluriannuel d’investissement"),
                .paragraph("Montants toutes taxes comprises, subventions non déduites."),
                .row("Rénovation de la piscine des Trois-Moulins", "7 800 000 €"),
                .row("Renouvellement du réseau d’eau potable", "4 350 000 €"),
                .row("Voirie d’intérêt communautaire", "3 900 000 €"),
                .row("Pôle d’échanges de la gare de Valmorée", "2 640 000 €"),
                .row("Maison France services de Cormeray", "980 000 €"),
                .heading("Subventions attendues"),
                .row("Agence de l’eau", "1 300 000 €"),
                .row("Région", "2 050 000 €"),
                .row("Dotation de soutien à l’investissement local", "1 120 000 €"),
            ])
    }

    private var debt: Paper {
        Paper(
            label: "02.2", title: "État de la dette",
            blocks: [
                .paragraph("Encours au 1er janvier \(year) : 14 720 000 €, réparti en dix-sept contrats, dont 88 % à taux fixe."),
                .row("Annuité en capital", "1 610 000 €"),
                .row("Annuité en intérêts", "310 000 €"),
                .row("Taux moyen", "2,06 %"),
                .row("Durée de vie résiduelle", "9 ans et 4 mois"),
                .paragraph("Tous les contrats relèvent de la catégorie 1-A de la charte de bonne conduite."),
            ])
    }

    private var water: Paper {
        Paper(
            label: "03", title: "Tarifs de l'eau et de l'assainissement \(year)",
            blocks: [
                .paragraph(
                    "Vu le code général des collectivités territoriales, notamment son article L. 2224-12-4 ; considérant l’avis favorable du conseil d’exploitation ; il est proposé de fixer comme suit les tarifs applicables au 1er janvier \(year)."
                ),
                .heading("Eau potable"),
                .row("Abonnement annuel, compteur de 15 mm", "48,00 €"),
                .row("Le mètre cube, jusqu’à 30 m³", "1,62 €"),
                .row("Le mètre cube, au-delà de 30 m³", "2,14 €"),
                .heading("Assainissement collectif"),
                .row("Abonnement annuel", "36,00 €"),
                .row("Le mètre cube", "2,38 €"),
                .heading("Décision proposée"),
                .paragraph("Adopter les tarifs ci-dessus et autoriser la présidente à signer tout document nécessaire."),
            ])
    }

    private var waterReport: Paper {
        Paper(
            label: "03.1", title: "Rapport sur le prix et la qualité du service",
            blocks: [
                .paragraph("Rapport annuel prévu à l’article L. 2224-5 du code général des collectivités territoriales."),
                .row("Abonnés", "12 846"),
                .row("Volumes vendus", "1 390 000 m³"),
                .row("Rendement du réseau", "86,4 %"),
                .row("Prélèvements conformes (bactériologie)", "100 %"),
                .row("Taux moyen de renouvellement des réseaux", "1,1 %"),
                .heading("Commentaire"),
                .paragraph(
                    "Les pertes ont diminué de 42 000 m³ en un an grâce aux vannes de sectorisation posées à Saint-Aubin et à La Chesnaie. Deux captages font l’objet d’un suivi renforcé des pesticides."
                ),
            ])
    }

    private var climate: Paper {
        Paper(
            label: "04", title: "Plan climat-air-énergie territorial",
            blocks: [
                .paragraph("Bilan à mi-parcours et actions complémentaires."),
                .heading("Résultats"),
                .bullet("Émissions de gaz à effet de serre : –9 % depuis 2021."),
                .bullet("Énergies renouvelables : 21 % de la consommation, pour un objectif de 32 % en 2030."),
                .bullet("Part modale du vélo entre Valmorée et Pont-Lie : de 2 à 5 %."),
                .heading("Actions complémentaires"),
                .bullet("Réseau de chaleur au bois de la zone des Fontaines."),
                .bullet("Guichet unique de rénovation, avec permanence dans chaque commune."),
                .bullet("Ombrières photovoltaïques sur les parkings du siège et de la piscine."),
                .bullet("Plantation de quatre kilomètres de haies avec les exploitants volontaires."),
            ])
    }

    private var waste: Paper {
        Paper(
            label: "05", title: "Marché de collecte des déchets",
            blocks: [
                .paragraph(
                    "La procédure est un appel d’offres ouvert, publié au Journal officiel de l’Union européenne. Trois offres ont été reçues dans le délai."
                ),
                .heading("Objet"),
                .paragraph(
                    "Collecte en porte-à-porte des ordures ménagères et des emballages, collecte en apport volontaire du verre, pour quatorze communes et 27 300 habitants."
                ),
                .heading("Décision proposée"),
                .paragraph("Autoriser la présidente à signer le marché avec l’attributaire désigné par la commission d’appel d’offres."),
            ])
    }

    private var tenders: Paper {
        Paper(
            label: "05.1", title: "Rapport d'analyse des offres",
            blocks: [
                .paragraph("Document réservé aux membres du conseil : secret des affaires."),
                .heading("Notes"),
                .row("Candidat A", "87,5 / 100"),
                .row("Candidat B", "81,0 / 100"),
                .row("Candidat C", "74,2 / 100"),
                .heading("Prix annuels"),
                .row("Candidat A", "1 684 000 €"),
                .row("Candidat B", "1 722 000 €"),
                .row("Candidat C", "1 701 000 €"),
            ])
    }

    private var music: Paper {
        Paper(
            label: "06", title: "Convention avec le conservatoire de musique",
            blocks: [
                .paragraph("Entre la communauté de communes et l’association du conservatoire de Valmorée, il est convenu ce qui suit."),
                .heading("Article 1 : objet"),
                .paragraph(
                    "L’association enseigne la musique aux habitants du territoire et intervient dans les écoles des quatorze communes."),
                .heading("Article 2 : participation"),
                .paragraph("La communauté verse 85 000 € par an, en deux fois, sur présentation du rapport d’activité."),
                .heading("Article 3 : durée"),
                .paragraph("Trois ans à compter du 1er janvier \(year)."),
            ])
    }

    private var posts: Paper {
        Paper(
            label: "07", title: "Création de deux emplois permanents",
            blocks: [
                .paragraph("Vu le code général de la fonction publique, notamment son article L. 313-1 ; vu le tableau des effectifs."),
                .row("Technicien de rivière, catégorie B, temps complet", "1"),
                .row("Chargée d’accueil, catégorie C, temps complet", "1"),
                .paragraph("Les crédits sont inscrits au chapitre 012 du budget primitif \(year)."),
            ])
    }
}
